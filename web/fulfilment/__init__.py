"""Pages of what is sent by hand."""
