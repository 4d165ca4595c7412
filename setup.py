"""The packages of the wheel. The studies of ``configs/`` are installed as ``experiments/configs``."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["experiments*"]), "experiments.configs"],
    package_dir={"experiments.configs": "configs"},
)
