"""Runs jobs on a Slurm cluster."""
