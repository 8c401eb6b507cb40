"""Segments that nobody thought of: evidence in counts, the search for candidates, and what is made of them.

``evidence.py`` reduces customers to counts, ``miner.py`` searches the rule language for groups whose later behaviour
differs, ``candidates.py`` holds what both yield. None of them knows a model, a network or a clock.
"""
