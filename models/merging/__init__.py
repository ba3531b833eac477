"""Contacts that turn out to be one person become one, and can be separated again."""

from models.merging.locking import ContactsBusy
from models.merging.merge import CannotMerge, MergeReport, merge_all, merge_contacts, merge_many
from models.merging.pair import Pair
from models.merging.separate import CannotSeparate, separate_contacts

__all__ = [
    "CannotMerge",
    "CannotSeparate",
    "ContactsBusy",
    "MergeReport",
    "Pair",
    "merge_all",
    "merge_contacts",
    "merge_many",
    "separate_contacts",
]
