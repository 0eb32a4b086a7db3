"""Options, typed settings, `++overrides`, cluster configs, and the plan of a run."""
