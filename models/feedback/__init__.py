"""Feedback on leads: owners are asked about each lead until it is won or lost, and what they say is acted on."""
