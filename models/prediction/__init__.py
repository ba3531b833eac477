"""Predicts which leads will buy, from those that did and did not; its probability stands beside the score."""

from models.prediction.apply import apply_model
from models.prediction.csv_table import InvalidTable, read_table
from models.prediction.model_card import LandmarkModel, ModelCard, newest_model_card, store_model_card, train_on_history
from models.prediction.regression import MissingLibrary, can_train
from models.prediction.training import TooFewLeads, TrainedModel, UnknownColumn, train

__all__ = [
    "InvalidTable",
    "LandmarkModel",
    "MissingLibrary",
    "ModelCard",
    "TooFewLeads",
    "TrainedModel",
    "UnknownColumn",
    "apply_model",
    "can_train",
    "newest_model_card",
    "read_table",
    "store_model_card",
    "train",
    "train_on_history",
]
