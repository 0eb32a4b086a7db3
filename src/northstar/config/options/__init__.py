"""The options of commands and of the Python API: a dataclass a group, and what is made of them."""
