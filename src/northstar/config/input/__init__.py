"""The rows of a user's file, as a part of the plan."""
