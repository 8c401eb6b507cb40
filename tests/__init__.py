"""Tests; a package, so that the reference can be imported by its full name."""
