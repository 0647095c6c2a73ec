"""A project on disk: its numbers, its data contract, its targets, and how it is loaded."""
