"""Ingest: what shops already stream or post, as native events in the topics that workers read, exactly once."""
