"""Lead nurture: whoever does not buy yet gets something worth reading each week; reading it decides what comes next."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey
from models import JourneyRun

ARTICLES = ("article_1", "article_2", "article_3", "article_4", "article_5")
SECOND_ROUND = ("guide_1", "guide_2", "guide_3")
POINTS_PER_ARTICLE = 10

# Points of this run, not the score: the score decays and knows other sources, and what is asked here is how many
# of these articles were read.
READ_THREE_OR_MORE = JourneyRun.points >= 30
READ_ONE_OR_TWO = JourneyRun.points >= 10


# The reading list decides who gets the articles, so that nobody gets them twice.
@journey(ends_on={"order_placed": "bought", "turned_us_down": "not interested"})
async def lead_nurture(j: Journey) -> str:
    """Five articles, at least a week apart; 10 points for each one read; then a split.

    30 points and more: a new offer. 10 to 29: a second round of three guides, then another offer. Fewer: the
    re-engagement sequence. Whoever cannot be mailed leaves at once instead of waiting for mails that never come.
    """
    if not await read_each(j, ARTICLES):
        return "cannot be mailed"
    if await j.check(READ_THREE_OR_MORE):
        return hand_over("offer_sequence")
    if not await j.check(READ_ONE_OR_TWO):
        return hand_over("re_engagement")
    if not await read_each(j, SECOND_ROUND):
        return "cannot be mailed"
    return hand_over("offer_sequence")


async def read_each(j: Journey, articles: tuple[str, ...]) -> bool:
    """Send the articles a week apart and give points for those whose link is followed; false if one cannot be sent."""
    for article in articles:
        if await j.send(article) != "queued":
            return False
        next_at = j.now + timedelta(weeks=1)
        if await j.wait_for(f"link_clicked:lead_nurture/{article}", until=next_at):
            await j.add_points(POINTS_PER_ARTICLE, f"read {article}")
            await j.wait_until(next_at, name=f"a week after {article}")
    return True
