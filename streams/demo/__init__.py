"""A small live shop, and its segments on the screen."""
