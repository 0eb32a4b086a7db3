"""Chat templates: what a prompt looks like to the model."""
