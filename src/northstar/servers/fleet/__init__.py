"""Several servers of one model that share the work: who is up, how fast each is, and where a conversation goes."""
