"""Exports: CSV files of Shopify, Klaviyo and others as native events.

Each module turns rows into events; ``reading.read_table`` is the way in. Ids are made of what the rows say, so that a
file that is loaded twice changes nothing.
"""
