"""What a benchmark is made of: rows, solver, grader, metrics."""
