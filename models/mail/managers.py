"""Who gets emails to managers, and how much of a long list they show."""

from models.playbook import Playbook

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


def manager_addresses(playbook: Playbook) -> list[str]:
    """Everybody who leads a team, once each; the company's inbox for a team that nobody leads, or without teams."""
    led = {team.manager_email or playbook.company.inbox for team in playbook.teams}
    return sorted(led or {playbook.company.inbox})
