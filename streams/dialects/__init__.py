"""Dialects: what shops already stream, turned into events of the native vocabulary.

Each module is a table of one dialect: what its events become, and which of its fields is which of ours.
``translate.translate`` is the way in; it knows no Kafka, no clock and no state.
"""
