"""How a row becomes a generation."""
