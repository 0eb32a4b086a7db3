"""In which order samples are asked."""
