"""Trials: whether a micro-segment's own mail does better than its broad segment's, with statistics that hold."""
