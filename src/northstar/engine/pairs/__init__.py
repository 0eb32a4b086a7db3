"""Judging of answers against other answers."""
