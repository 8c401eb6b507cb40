"""What a worker shows to monitors: its health and its metrics."""
