"""Groups of benchmarks: small YAML files with members, repeats and weights, and how commands expand them."""
