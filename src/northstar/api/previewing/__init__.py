"""Shows what a run would do, and what it would ask first."""
