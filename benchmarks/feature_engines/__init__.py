"""One module per engine that computes the benchmark's features; each is run in a process of its own."""
