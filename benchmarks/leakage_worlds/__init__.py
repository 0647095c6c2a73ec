"""SYNTHETIC tables of leads for the leakage audit, clean or with leaks planted in them."""
