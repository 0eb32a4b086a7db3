"""Turns generations into scores: pure functions, no input or output."""
