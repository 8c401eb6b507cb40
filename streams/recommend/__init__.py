"""Recommendations: which products to show a customer or a segment, kept current from the stream of events."""
