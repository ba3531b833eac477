"""Measurements of journeys that change while contacts are on them."""
