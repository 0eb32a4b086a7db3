"""Tables and metrics.json."""
