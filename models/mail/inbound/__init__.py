"""Inbound mail: parsed, classified, matched to a contact, stored, and emitted as events."""

from models.mail.inbound.receive import NotAssignable, assign_to_contact, dismiss, receive_mail

__all__ = ["NotAssignable", "assign_to_contact", "dismiss", "receive_mail"]
