"""Runs programs that nobody trusts. See sandbox.py for what others use, tiers.py for how programs are kept apart."""
