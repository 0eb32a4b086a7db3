"""What a run shows on the terminal and writes to progress.json while it goes on."""
