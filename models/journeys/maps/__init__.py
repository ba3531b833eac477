"""Maps of journeys as they are stored with each version: their places, their drawings, and what differs between two."""
