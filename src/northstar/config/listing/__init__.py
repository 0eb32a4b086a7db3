"""What can be set, as lists for help, documentation and completion."""
