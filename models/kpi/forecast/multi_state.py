"""How contacts move from state to state until they order, estimated from counts of days. Pure.

A semi-Markov model: where somebody goes next, and when, depends on the state and on how long they have been in it. The
chances to leave it are those of Aalen and Johansen, "An empirical transition matrix for non-homogeneous Markov chains
based on censored observations", Scand. J. Statist. 5, 1978: those who are still there count for as long as they were
watched, and ways out compete.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

LEAST_WATCHED = 10
"""Where fewer are still watched, the rates of the days before are taken on."""


@dataclass(frozen=True)
class Stays:
    """How long stays in each state lasted, as counts by whole days. The last of the ways out is the order."""

    left: Numbers
    """(state, way out, days): how many left by it after so many days. A way out is a later state, or the order."""
    open: Numbers
    """(state, days): how many were still there when they were last seen."""
    gone: Numbers | None = None
    """(state, days): how many were there until they were erased. They were watched for as long, and are gone."""

    @property
    def observed_ends(self) -> Numbers:
        """(state, days): how many stays ended, or were last seen, after so many days."""
        total: Numbers = self.left.sum(axis=1) + self.open
        return total if self.gone is None else total + self.gone


@dataclass(frozen=True)
class Curves:
    """The chances, of whoever enters a state."""

    leaves: Numbers
    """(state, way out, days): to leave by it on that day after."""
    stays: Numbers
    """(state, days): to be there still at the end of that day."""


def estimate(stays: Stays) -> Curves:
    """The chances by these stays; all arrays keep their length in days."""
    watched = np.cumsum(stays.observed_ends[:, ::-1], axis=1)[:, ::-1]
    hazards = stays.left / np.maximum(watched, 1)[:, None, :]
    for state, row in enumerate(watched):
        few = int(np.argmax(row < LEAST_WATCHED)) if (row < LEAST_WATCHED).any() else len(row)
        hazards[state, :, few:] = _rate(stays.left[state], row, few)[:, None]
    total = np.minimum(hazards.sum(axis=1), 1.0)
    still = np.cumprod(1.0 - total, axis=1)
    before = np.concatenate([np.ones((len(still), 1)), still[:, :-1]], axis=1)
    return Curves(hazards * before[:, None, :], still)


def _rate(left: Numbers, watched: Numbers, few: int) -> Numbers:
    """The daily rate of each way out in the later half of the days on which enough were watched."""
    part = slice(few // 2, few)
    days = watched[part].sum()
    rate: Numbers = left[:, part].sum(axis=1) / days if days else np.zeros(len(left))
    return rate


def chances_of_order(curves: Curves, days: int) -> Numbers:
    """(state, t) with t from 0 to `days`: the chance to have ordered t days after entering the state, on any way."""
    states = len(curves.stays)
    found = np.zeros((states, days + 1))
    for state in range(states - 1, -1, -1):
        found[state] = np.cumsum(curves.leaves[state, -1, : days + 1])
        for later in range(state + 1, states):
            found[state] += np.convolve(curves.leaves[state, later, : days + 1], found[later])[: days + 1]
    return found


def chances_from_age(curves: Curves, ordered: Numbers, days: int, ages: int) -> Numbers:
    """(state, age): the chance to order within the next `days`, of whoever has been in the state for `age` days.

    `ordered` is what `chances_of_order` gives, for at least so many days; the curves reach at least `ages` + `days`.
    """
    states = len(curves.stays)
    found = np.zeros((states, ages))
    if not days:
        return found
    for state in range(states):
        directly = np.cumsum(curves.leaves[state, -1])
        found[state] = directly[days : ages + days] - directly[:ages]
        for later in range(state + 1, states):
            # Who leaves for `later` in the coming days has the rest of them to order from there.
            way = np.convolve(curves.leaves[state, later], ordered[later, :days])
            found[state] += way[days : ages + days]
    still = curves.stays[:, :ages]
    return np.divide(found, still, out=np.zeros_like(found), where=still > 1e-12).clip(0.0, 1.0)
