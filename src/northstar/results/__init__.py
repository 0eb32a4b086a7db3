"""The output folder as a database: names, journals, outputs, judgements, run.json."""
