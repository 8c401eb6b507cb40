"""Tests of the room streams/dialects."""
