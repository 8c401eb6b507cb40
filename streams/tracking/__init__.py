"""Tracking: outcomes of the live topics, exactly once (``microseg track``)."""
