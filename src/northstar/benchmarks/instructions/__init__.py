"""Benchmarks whose prompts hold instructions that a program can verify, a module each."""
