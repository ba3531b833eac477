"""Mailers: the Prefect blocks by which mail is sent, and what claims, renders and updates messages of the outbox."""
