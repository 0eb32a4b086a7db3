"""Records in run.json what made the results of an output folder."""
