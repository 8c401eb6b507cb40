"""What people look at: sizes, changes, customers, proposals, trials and workers, as JSON and as pages in a browser."""
