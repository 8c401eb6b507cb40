"""Explanations: what they are made of, and against the truth."""
