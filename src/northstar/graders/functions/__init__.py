"""Grades functions that a model wrote, by given tests and by EvalPlus' further inputs."""
