"""Chat templates: the prompt as the model sees it."""
