"""Helpers for tests of mail: emails, what providers report, replies, the outbox."""
