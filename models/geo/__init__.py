"""Where places are: distances, postal codes, time zones."""
