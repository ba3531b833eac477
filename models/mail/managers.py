"""How much of a long list emails to managers show."""

LINES_IN_A_MAIL = 40
LEADS_IN_A_MAIL = 20
"""Leads of which an email shows more than one line."""


def list_excerpt(lines: list[dict[str, object]], page: str) -> dict[str, object]:
    """Template data for a list: the first lines, how many there are in all, and the page that shows them all."""
    return {
        "lines": lines[:LINES_IN_A_MAIL],
        "count": len(lines),
        "more": max(0, len(lines) - LINES_IN_A_MAIL),
        "page": page,
    }
