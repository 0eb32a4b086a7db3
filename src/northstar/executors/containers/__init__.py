"""Runs jobs in containers on this machine."""
