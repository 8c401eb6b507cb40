"""Tests of the room streams/plans."""
