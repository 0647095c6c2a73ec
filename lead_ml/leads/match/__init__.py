"""Which leads are one person."""
