"""What `ns status` says of jobs, as text."""
