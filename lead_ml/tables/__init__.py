"""The tables of a project: in memory, and read from files, databases and data frames."""
