"""Benchmarks of functions to write, a module each."""
