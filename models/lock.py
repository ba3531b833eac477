"""Advisory locks: what a process holds for others to see or to wait for. All in one class, so none is used twice."""

CLOCK_LIVES = "7364, 0"
"""Shared by every clock for as long as it lives; the health page looks for it."""

REACTING = "7364, 1"
"""Held for a transaction by the one process that reacts to events."""

TIME_BY_HAND = "7364, 2"
"""Shared by a clock while it works; whoever moves time by hand holds it alone, and clocks pause."""

TAKING_MARKETING = "7364, 3"
"""Held for a transaction by the one delivery that takes marketing mail, so that caps are counted right."""

COUNTING = "7364, 4"
"""Held for a transaction by the one process that counts what was told of mails."""
