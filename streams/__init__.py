"""microseg: keeps a shop's e-mail micro-segments alive in real time."""
