"""Benchmarks whose answers are letters of options, a module each."""
