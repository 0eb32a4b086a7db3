"""Checks a plan before anything is asked."""
