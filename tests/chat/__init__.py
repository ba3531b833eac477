"""Tests of notes by chat."""
