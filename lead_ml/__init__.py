"""Self-hosted lead scoring that explains itself."""
