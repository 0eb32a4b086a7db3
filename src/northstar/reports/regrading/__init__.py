"""What a regrading changed."""
