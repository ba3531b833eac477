"""Answers that notice whether the code of a journey looks at them: an outcome that it names nowhere is a slip."""

from typing import Any

from flows.runtime.contract.ask import Ask
from flows.runtime.verbs.split import SplitStep
from flows.runtime.verbs.task import TaskStep


class WatchedAnswer(str):
    """An answer that remembers whether the code compared it with anything, and found it equal to that."""

    compared = False
    matched = False

    def __eq__(self, other: object) -> bool:
        equal = str.__eq__(self, other)
        self.compared = True
        self.matched = self.matched or equal is True
        return equal

    __hash__ = str.__hash__


def watched_answers(ask: Ask) -> list[Any]:
    """The possible answers; those of tasks and split tests notice whether they are compared."""
    watched = isinstance(ask, TaskStep | SplitStep)
    return [
        WatchedAnswer(answer) if watched and isinstance(answer, str) else answer for answer in ask.possible_answers()
    ]
