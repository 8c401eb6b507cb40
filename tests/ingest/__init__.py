"""Tests of ingest, against a real broker."""
