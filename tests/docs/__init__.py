"""Tests of the documentation: its links, commands, code and outputs, and the site."""
