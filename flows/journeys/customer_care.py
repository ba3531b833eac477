"""Customer care: what comes after an order. A good start, a person who asks, the next step, a word to a friend."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey
from models import ProductTier
from models.conditions.predicates import has_bought

HAS_PROGRAMME = has_bought(ProductTier.CORE, ProductTier.EXPANSION)


@journey(starts_on="order_placed", ends_on={"order_placed": "bought again", "order_cancelled": "cancelled"})
async def customer_care(j: Journey) -> str:
    """Onboarding, a thank-you by hand, the owner's call after two weeks, upsell and referral; after that, retention.

    Another order begins it anew, for there is something new to begin with. Who is not happy is not asked for more.
    """
    await j.send("first_steps", transactional=True)
    await j.start("thank_you_note")
    await j.route(name="an owner")
    await j.wait(timedelta(days=3), name="the first days")
    await j.send("make_it_count", transactional=True)
    await j.wait(timedelta(days=11), name="the first two weeks")
    if not await ask_how_it_goes(j):
        return "not happy"
    await j.wait(timedelta(weeks=2), name="the first month")
    await j.send("one_month_in")
    await j.wait(timedelta(weeks=6), name="until the next step")
    await j.send("what_comes_next", data={"has_programme": await j.check(HAS_PROGRAMME, name="has the programme")})
    await j.wait(timedelta(weeks=3), name="until there is something to tell")
    await j.send("pass_it_on")
    return hand_over("retention")


async def ask_how_it_goes(j: Journey) -> bool:
    """The owner calls; false when something is wrong and stays so."""
    outcome = await j.task("ask_how_it_goes", within=timedelta(weeks=1))
    match outcome:
        case "Talked: Needs Help":
            return await help_them(j)
        case "Talked: Wants More":
            await j.note("Wants more than they have bought: the next step may come earlier.")
        case "Talked: Going Well" | "Could Not Reach":
            pass
        case None:
            await j.note("Nobody asked how it goes.")
    return True


async def help_them(j: Journey) -> bool:
    """The owner puts it right and says whether that worked."""
    outcome = await j.task("solve_it", within=timedelta(weeks=1))
    match outcome:
        case "Solved":
            await j.send("all_well_again", transactional=True)
            return True
        case "Not Solved":
            pass
        case None:
            await j.note("Nobody said whether the customer was helped.")
    return False
