"""The queue, the journal, the worker."""
