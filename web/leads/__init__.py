"""Where leads come in, and the pages about leads."""
