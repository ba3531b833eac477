"""Announcement: news for a segment, such as a new product, a special offer or a change in the law. Ops start it."""

from datetime import timedelta

from flows.runtime import Journey, journey


# It writes once and then only looks who follows the news, so there is nothing to pause.
@journey(ends_on={"order_placed": "bought", "turned_us_down": "not interested"}, on_repeated_request="ignore")
async def announcement(j: Journey) -> str:
    """Send the mail in templates/mail/announcement/news.html to whom the form below chooses.

    Write the news into that file, look at it with `./tend send-preview announcement news you@example.com`, and start
    this for a segment: industry == "Trades" and employees >= 10. Dry run says how many that are. It counts who
    followed it.
    """
    if await j.send("news", expires_after=timedelta(days=5)) != "queued":
        return "cannot be mailed"
    if await j.wait_for("link_clicked:announcement/news", within=timedelta(weeks=2)):
        await j.add_points(5, "followed the news")
        return "followed it"
    return "let it pass"
