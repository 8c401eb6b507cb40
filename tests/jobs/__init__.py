"""Tests of what jobs have in common, against a real broker."""
