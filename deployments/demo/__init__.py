"""`tend demo`: eight weeks of a small business in a few minutes."""
