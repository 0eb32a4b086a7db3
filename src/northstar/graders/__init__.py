"""How a generation becomes scores: pure functions, no input or output."""
