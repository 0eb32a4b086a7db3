"""Interpreters that keep their state: a fork server starts many at once, each with a socket of its own.

sessions.py forks them, supervisor.py watches one, cells.py runs the code in it.
"""
