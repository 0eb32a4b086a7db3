"""The commands, a thin module each."""
