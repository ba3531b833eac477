"""Mails that people send to us: read, told apart, matched to whom they are from, and made into events."""

from models.mail.inbound.receive import NotAssignable, assign_to_contact, dismiss, receive_mail

__all__ = ["NotAssignable", "assign_to_contact", "dismiss", "receive_mail"]
