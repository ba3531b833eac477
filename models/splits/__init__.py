"""Split tests: which variant a contact has, how chance decides that, and what all get once a variant has won."""

from models.splits.draw_variant import Drawn, Entrant, draw_variants
from models.splits.variants import HELD_OUT, ON_THE_JOURNEY, Variants, holdout_name, holdout_of
from models.splits.winner import CannotWin, reopen, settle_winner

__all__ = [
    "HELD_OUT",
    "ON_THE_JOURNEY",
    "CannotWin",
    "Drawn",
    "Entrant",
    "Variants",
    "draw_variants",
    "holdout_name",
    "holdout_of",
    "reopen",
    "settle_winner",
]
