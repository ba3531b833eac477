"""Whether the draw gave each variant its share. If it did not, no figure of the test can be trusted."""

from collections.abc import Mapping

ALARM = 0.001
"""Below this p-value the split is taken to be broken, as is usual for this check: it is made every day."""


def split_p(drawn: Mapping[str, int], expected: Mapping[str, float]) -> float:
    """How probable it is that chance alone strays so far from the shares, or farther; 1 while nothing was drawn.

    Pearson's chi-square. `expected` is the sum of the shares that held for each draw, so weights may change.
    """
    if any(drawn.get(variant, 0) for variant, due in expected.items() if not due):
        return 0.0
    due = {variant: count for variant, count in expected.items() if count}
    if len(due) < 2:
        return 1.0
    # scipy takes a second to import, and not every page asks.
    from scipy.special import chdtrc

    statistic = sum((drawn.get(variant, 0) - count) ** 2 / count for variant, count in due.items())
    return float(chdtrc(len(due) - 1, statistic))
