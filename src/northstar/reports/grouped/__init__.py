"""The tables of groups of benchmarks."""
