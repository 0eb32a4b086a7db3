"""Benchmarks whose prompts have up to a million tokens, a module each."""
