"""Tests of the room streams/engine."""
