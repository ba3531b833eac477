"""Whom we write to about a salesperson's leads: the manager of the team, else the company."""

from models.playbook import Playbook


def company_address(playbook: Playbook) -> str:
    """Who hears of leads that belong to nobody, and of teams without a manager."""
    return playbook.company.reply_to or playbook.company.from_email


def list_excerpt(lines: list[dict[str, object]], page: str) -> dict[str, object]:
    """As many lines as a mail can hold, how many there are in all, and the page that has them all."""
    return {
        "lines": lines[:LINES_IN_A_MAIL],
        "count": len(lines),
        "more": max(0, len(lines) - LINES_IN_A_MAIL),
        "page": page,
    }


LINES_IN_A_MAIL = 40
