"""Mails that people send to us: read, told apart, matched to whom they are from, and made into events."""

from models.mail.inbound.receive import NotAssigned, assign, dismiss, take

__all__ = ["NotAssigned", "assign", "dismiss", "take"]
