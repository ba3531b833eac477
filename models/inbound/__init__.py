"""Mails that people send to us: read, told apart, matched to whom they are from, and made into events."""

from models.inbound.assigning import NotAssigned, assign, dismiss
from models.inbound.taking import take

__all__ = ["NotAssigned", "assign", "dismiss", "take"]
