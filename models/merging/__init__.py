"""Contacts that turn out to be one person become one, and can be told apart again."""

from models.merging.merge import CannotMerge, ContactsBusy, MergeReport, merge_all, merge_contacts, merge_many
from models.merging.pair import Pair

__all__ = [
    "CannotMerge",
    "ContactsBusy",
    "MergeReport",
    "Pair",
    "merge_all",
    "merge_contacts",
    "merge_many",
]
