"""Grades finished generations anew, asking nobody."""
