"""Customer journeys: one file each, discovered, never registered."""
