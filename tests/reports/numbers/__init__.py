"""Tests of northstar.reports.numbers."""
