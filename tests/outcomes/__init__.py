"""Tests of the room streams/outcomes."""
