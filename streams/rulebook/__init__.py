"""The rules that are live: their topic, the folder that they come from, and when one becomes the other."""
