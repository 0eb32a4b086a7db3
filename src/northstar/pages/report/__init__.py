"""`ns report`: a run, or several, as one file that can be handed on."""
