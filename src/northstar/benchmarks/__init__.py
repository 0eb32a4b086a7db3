"""One module or folder a benchmark, everything about it in one place. See benchmark.py and registry.py."""
