"""The ground that all of Northstar stands on: records, errors, text, files, clocks."""
