"""Recipes: how published numbers were made, the numbers, and whether a run agrees with them."""
