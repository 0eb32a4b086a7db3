"""Benchmarks whose answers are numbers, formulas and other mathematics, a module each."""
