"""What every other package builds on: records, errors, text, files, clocks."""
