"""The four contracts of a benchmark: rows, solver, grader, metrics."""
