"""Rehearsals: what a journey would have done with past contacts, played in a throw-away database."""
