"""Completion of `ns` in bash, zsh and fish."""
