"""Recommendations kept current: a process that follows the shop's topics and writes one of its own."""
