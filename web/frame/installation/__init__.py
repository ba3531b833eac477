"""What every page says of the installation that it belongs to."""
