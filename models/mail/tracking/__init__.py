"""Tracking: events of providers and of our own links and pixel, stored, checked for bots and processed."""

from models.mail.tracking.process import next_events_check, next_events_due, process_mail_events

__all__ = ["next_events_check", "next_events_due", "process_mail_events"]
