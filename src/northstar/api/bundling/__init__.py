"""A bundle: what a published table needs, in one file that anyone can check offline."""
