"""The arguments of a server that is started, and the files that they name."""
