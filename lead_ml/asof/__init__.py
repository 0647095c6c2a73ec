"""Point-in-time features: what was known strictly before each ``as_of``, and the labels that go with it."""
