"""Tests of the room streams/rows."""
