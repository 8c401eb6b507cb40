"""Questions to all workers at once: asked on one topic, answered on another, a partition at a time, and added up."""
