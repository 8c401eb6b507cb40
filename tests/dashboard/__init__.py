"""The dashboard: what it counts, whom it tells, and all of it over a real broker."""
