"""Identifies the model that answers: by its files, its commit, or its server's description."""
