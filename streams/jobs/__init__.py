"""What the jobs beside the workers have in common: their producer, their reading, their errors and their process."""
