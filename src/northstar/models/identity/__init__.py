"""Which model answers, by its files, its commit, or what its server says of it."""
