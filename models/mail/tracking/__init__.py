"""What providers and our own links tell of mails: taken in, judged, counted."""

from models.mail.tracking.process import count, next_count, next_look

__all__ = ["count", "next_count", "next_look"]
