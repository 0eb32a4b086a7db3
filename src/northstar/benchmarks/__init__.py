"""The benchmarks, a module or folder each, with everything about one in its place. See registry.py."""
