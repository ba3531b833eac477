"""The stream of everything that happened to contacts."""
