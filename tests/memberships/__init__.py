"""Tests of the room streams/memberships."""
