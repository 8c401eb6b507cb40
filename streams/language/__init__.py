"""The language model as a stranger on the line: the one client, what it may cost, and texts made harmless."""
