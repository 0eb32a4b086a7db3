"""Clients that talk to a model: requests, retries, reasoning, usage."""
