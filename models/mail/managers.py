"""What mails to managers hold of a long list."""

LINES_IN_A_MAIL = 40
LEADS_IN_A_MAIL = 20
"""Leads of which a mail says more than a line."""


def list_excerpt(lines: list[dict[str, object]], page: str) -> dict[str, object]:
    """As many lines as a mail can hold, how many there are in all, and the page that has them all."""
    return {
        "lines": lines[:LINES_IN_A_MAIL],
        "count": len(lines),
        "more": max(0, len(lines) - LINES_IN_A_MAIL),
        "page": page,
    }
