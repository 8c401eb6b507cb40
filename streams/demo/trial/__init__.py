"""A trial from its start to its decision, in fast motion, with the real commands."""
