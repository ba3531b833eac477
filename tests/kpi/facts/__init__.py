"""What is counted from the ordinary tables."""
