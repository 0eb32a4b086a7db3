"""Letters of choices: stated, listed, or called right."""
