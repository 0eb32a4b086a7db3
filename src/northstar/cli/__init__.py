"""What a user types: one module a command, each a thin shell over a function of the package."""
