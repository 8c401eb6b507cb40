"""Surveys: messages and sums, and all of it on a real broker."""
