"""The Python API: evaluate, judge, submit, status, serve, prepare_data."""
