"""What a contact is called on a page: as everywhere else."""

from models.who import WHO

__all__ = ["WHO"]
