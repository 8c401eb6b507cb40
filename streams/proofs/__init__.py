"""Proofs: the real worker on real input and at full speed, held against the replay of the same events."""
