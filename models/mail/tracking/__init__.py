"""What providers and our own links tell of mails: taken in, judged, counted."""

from models.mail.tracking.process import next_events_check, next_events_due, process_mail_events

__all__ = ["next_events_check", "next_events_due", "process_mail_events"]
