"""Processes that compare answers, beside the one that waits for servers."""
