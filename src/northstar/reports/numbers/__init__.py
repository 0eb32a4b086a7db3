"""The numbers of one benchmark: by one judge or none, and by several judges together."""
