"""What `import northstar` offers: evaluate, judge, submit, status, serve, prepare_data."""
