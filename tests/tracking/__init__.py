"""Tests of the room streams/tracking."""
