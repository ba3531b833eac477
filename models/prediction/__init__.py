"""Predicts which leads will buy, from those that did and did not; its probability stands beside the score."""

from models.prediction.applying import apply_model
from models.prediction.csv_table import BadTable, read_table
from models.prediction.fitting import NoLibrary, can_train
from models.prediction.storing import Card, newest, store, train_on_history
from models.prediction.training import TooFew, Trained, UnknownColumn, train

__all__ = [
    "BadTable",
    "Card",
    "NoLibrary",
    "TooFew",
    "Trained",
    "UnknownColumn",
    "apply_model",
    "can_train",
    "newest",
    "read_table",
    "store",
    "train",
    "train_on_history",
]
