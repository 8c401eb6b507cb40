"""Tests of the room streams/events."""
