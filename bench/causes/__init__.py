"""What is measured of the causes that reports name."""
