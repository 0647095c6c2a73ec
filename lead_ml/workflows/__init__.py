"""Steps put in order: what the command line and the notebooks call."""
