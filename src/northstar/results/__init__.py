"""The output folder as a database: names, journals, outputs, judgements, metrics.json, run.json."""
