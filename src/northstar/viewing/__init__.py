"""`ns view`: the pages of runs, served to one person on this machine (docs/viewing.md)."""
