"""Split tests: which variant a contact has, how chance decides that, and what all get once a variant has won."""

from models.splits.draw_variant import DrawnVariant, Participant, draw_variants
from models.splits.variants import HELD_OUT, ON_THE_JOURNEY, Variants, holdout_name, holdout_of
from models.splits.winner import InvalidWinner, declare_winner, reopen_test

__all__ = [
    "HELD_OUT",
    "ON_THE_JOURNEY",
    "DrawnVariant",
    "InvalidWinner",
    "Participant",
    "Variants",
    "declare_winner",
    "draw_variants",
    "holdout_name",
    "holdout_of",
    "reopen_test",
]
