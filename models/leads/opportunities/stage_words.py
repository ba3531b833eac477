"""What other systems call the stages of a deal: won, lost, or open. Pure."""

import re

from models.playbook.source import normalize_name
from models.tables.sales import DealStage

WON = (
    *("won", "closed won", "closedwon", "close won", "win", "sold", "successful", "completed", "signed", "ganada"),
    *("gewonnen", "gagné", "gagnée", "ganado", "ganha", "vinta", "vunnen"),
)
LOST = (
    *("lost", "closed lost", "closedlost", "close lost", "loss", "dead", "disqualified", "abandoned", "rejected"),
    *("closed lost to competition", "lost to competition", "unqualified", "omitted", "cancelled", "canceled"),
    *("closed no decision", "no decision", "declined", "verloren", "perdu", "perdue", "perdido", "perdida", "persa"),
)
OPEN = (
    *("open", "in progress", "new", "engaging", "prospecting", "prospect", "qualification", "qualified", "qualify"),
    *("qualified to buy", "needs analysis", "value proposition", "id decision makers", "identify decision makers"),
    *("perception analysis", "proposal", "proposal price quote", "proposal made", "quote", "quoted", "quote sent"),
    *("proposal sent", "negotiation", "negotiation review", "negotiations started", "negotiating", "in negotiation"),
    *("appointment scheduled", "presentation scheduled", "decision maker bought in", "contract sent", "discovery"),
    *("demo", "demo scheduled", "contact made", "contacted", "needs defined", "develop", "propose", "close"),
    *("commit", "best case", "pipeline", "on hold", "pending", "evaluation", "trial", "verbal commitment", "offen"),
)
WORDS = {
    normalize_name(word): stage
    for stage, words in ((DealStage.WON, WON), (DealStage.LOST, LOST), (DealStage.OPEN, OPEN))
    for word in words
}
NUMBERED = re.compile(r"^[#(\[]?\s*\d+\s*[%.)\]:-]*\s*")
"""Before a word: `6 - Closed Won`, `#09 WON`, `50% Proposal`."""


def stage_of(word: str) -> DealStage | None:
    """How a deal stands by the word of another system, in any case; None for one that may mean anything."""
    for text in (word, NUMBERED.sub("", word)):
        if found := WORDS.get(normalize_name(text)):
            return found
    return None
