"""Pages of journeys and their runs."""
