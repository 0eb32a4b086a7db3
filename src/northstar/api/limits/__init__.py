"""The limits of a plan."""
