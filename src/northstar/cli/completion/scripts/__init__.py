"""What each shell reads to complete `ns`."""
