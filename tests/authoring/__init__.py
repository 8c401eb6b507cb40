"""Tests of the authoring tools."""
