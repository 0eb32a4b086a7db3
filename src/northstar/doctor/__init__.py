"""One look at a machine: what of it Northstar can use, what is missing, and what to do about it."""
