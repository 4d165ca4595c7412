"""Development tools: the golden record. Not part of the installed package."""
