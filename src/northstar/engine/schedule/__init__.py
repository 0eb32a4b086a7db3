"""Decides the order in which samples are asked."""
