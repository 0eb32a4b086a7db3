"""Grades SciCode's steps. The program makes values, and another process, which never saw it, compares them."""
