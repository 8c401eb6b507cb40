"""Who listens: the subscriber library, and what keeps other systems up to date with it."""
