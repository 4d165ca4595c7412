"""Figures and pages of an ``Analysis``; nothing here trains."""
