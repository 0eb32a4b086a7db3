"""What Northstar costs, measured; `python -m bench` runs all of it and prints one table. See bench/README.md."""
