"""Runs workers: on this machine, in containers, on Slurm, over ssh."""
