"""Tests of northstar.importing."""
