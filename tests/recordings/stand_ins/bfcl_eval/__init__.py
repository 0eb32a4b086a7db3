"""Stands in for the package bfcl-eval: as much of it as single calls need."""
