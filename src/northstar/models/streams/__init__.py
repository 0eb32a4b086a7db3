"""Puts streamed answers together: the body that the same server would have sent at once."""
