"""Stands in for the official check of a conversation, of which there is none here."""
