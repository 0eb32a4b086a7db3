"""The pool: the work of a run that jobs on several nodes take piece by piece, as files of a folder they all see."""
