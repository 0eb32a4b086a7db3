"""Splits plans into jobs, records them and tracks their state."""
