"""What a server says of its own load at /metrics."""
