"""The fault suite: real workers and a real broker, hurt in every way that we could think of, and one judge.

``scripts/faults`` runs all of it; ``test_faults.py`` a part, in small.
"""
