"""Tests of northstar.exporting."""
