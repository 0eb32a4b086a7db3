"""How sure a number is, what tells two numbers apart, and how many seeds that takes; docs/statistics.md explains it."""
