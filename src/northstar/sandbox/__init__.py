"""Runs untrusted programs. sandbox.py is the interface, tiers.py chooses how programs are isolated."""
