"""The command line: one thin module per command, over a function of the package."""
