"""Mailers: the Prefect blocks by which mail is sent, and what claims, renders and updates messages of the outbox."""

from blocks.own_folder import keep_to_own_folder

keep_to_own_folder()
