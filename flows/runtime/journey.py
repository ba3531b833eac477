"""The `j` of a journey: everything that it may await."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement

from flows.runtime.activity import activity_name
from flows.runtime.renamed_keyword import renamed_keyword
from flows.runtime.run import Run
from flows.runtime.verbs.call import CallStep
from flows.runtime.verbs.check import CheckStep
from flows.runtime.verbs.contact_update import AddPointsStep, NoteStep, SetStep
from flows.runtime.verbs.email_split import Subject, make_email_split
from flows.runtime.verbs.fulfil import FulfilStep
from flows.runtime.verbs.offer import OfferStep
from flows.runtime.verbs.route import RouteStep
from flows.runtime.verbs.send import NO_DATA, SendStep
from flows.runtime.verbs.split import SplitStep
from flows.runtime.verbs.start import StartStep
from flows.runtime.verbs.task import TaskStep
from flows.runtime.verbs.wait import WaitForStep, WaitStep, WaitUntilFieldStep
from models import MessageKind, OnCap
from models.conditions.parse import expression_text
from models.splits import Variants


class Journey:
    """One contact's way through a journey. Every method gives a step to await.

    A step is known by its verb and name: both are recorded, and a journey that asks for others than those a run has
    recorded is a changed journey. Names default to what the step is about.
    """

    __slots__ = ("_run", "name")

    def __init__(self, name: str, run: Run) -> None:
        self.name = name
        self._run = run

    @property
    def now(self) -> datetime:
        """The moment of the last answered step: the same at every replay, unlike the wall clock."""
        return self._run.now

    @renamed_keyword("good_for", "expires_after")
    def send(
        self,
        template: str,
        *,
        name: str | None = None,
        transactional: bool = False,
        data: Mapping[str, Any] | None = None,
        window: Mapping[str, str] | None = None,
        on_cap: OnCap | str | None = None,
        expires_after: timedelta | None = None,
        subjects: Mapping[str, Subject | tuple[Subject, float]] | None = None,
        templates: Mapping[str, float] | None = None,
    ) -> SendStep:
        """Queue the mail templates/mail/<journey>/<template>.html; "queued", "suppressed" or "no address".

        `transactional` is for answers to what the contact did; they reach those who left the mailing list too, go at
        once and do not count for the caps. Marketing goes out in the playbook's send window, or in this one, such as
        {"tue-thu": "09:00-11:00"} of the receiver's week. Whoever has had as many mails as the caps allow gets it later
        (`on_cap="wait"`) or not at all ("skip"). A mail that is later than `expires_after` is not sent any more.

        `subjects` and `templates` try several of them, in split tests called "<journey>/<step> subject" and
        "<journey>/<step> template": {"plain": None, "question": "What would you change?"}, where None is the template's
        own and a pair gives a share too, and {"offer": 1, "offer_short": 1}. A click names the template that went out.
        """
        kind = MessageKind.TRANSACTIONAL if transactional else MessageKind.MARKETING
        capped = OnCap(on_cap) if on_cap is not None else None
        split = make_email_split(f"{self.name}/{name or template}", subjects or {}, templates or {})
        return SendStep(name or template, template, kind, data or NO_DATA, window, capped, expires_after, split)

    def wait(self, length: timedelta, *, name: str | None = None) -> WaitStep:
        """Go on after a while."""
        return WaitStep(name or str(length).removesuffix(", 0:00:00"), length=length)

    def wait_until(self, moment: datetime, *, name: str = "a moment") -> WaitStep:
        """Go on at a moment; at once when it has passed."""
        return WaitStep(name, until=moment)

    def wait_until_field(
        self, field: str, *, otherwise: timedelta, unless: str | tuple[str, ...] = (), name: str | None = None
    ) -> WaitUntilFieldStep:
        """Go on at nine in the morning of the date in a field of the playbook, such as `next_check_in`.

        It is nine where the contact is, as far as that is known, else where the company is. The field is looked up
        once, when the journey comes here: without a date, or with one that is not ahead, it goes on after `otherwise`.
        With an event of `unless` it goes on at once and answers its pattern, else None.
        """
        events = (unless,) if isinstance(unless, str) else unless
        return WaitUntilFieldStep(name or f"the date in {field}", field, otherwise, events)

    def wait_for(
        self, *events: str, within: timedelta | None = None, until: datetime | None = None, name: str | None = None
    ) -> WaitForStep:
        """The first of these events (`name` or `name:topic`) that happens from now on; None when the time is up."""
        if not events:
            raise ValueError("wait_for needs an event, such as 'replied'; to let time pass, use wait or wait_until.")
        return WaitForStep(name or " or ".join(events), events, within, until)

    def task(
        self,
        template: str,
        *,
        due: timedelta,
        outcomes: tuple[str, ...],
        name: str | None = None,
        within: timedelta | None = None,
        to: str | None = None,
        data: Mapping[str, Any] | None = None,
        form: tuple[str, ...] = (),
    ) -> TaskStep:
        """Ask the contact's owner (or `to`, any address) to do something; the outcome they report.

        The instructions are templates/mail/<journey>/<template>.html. After `due` they are chased; after `within` the
        task is closed and the answer is None; without `within` the journey waits as long as it takes. `form` names
        fields of the contact that can be filled in with the outcome; mails name them `answers.next_steps`.
        """
        return TaskStep(name or template, template, due, outcomes, within, to, dict(data or {}), form)

    def check(self, condition: ColumnElement[bool] | bool, *, name: str | None = None) -> CheckStep:
        """Whether something is true of the contact or the run now, such as `Contact.score >= 30`."""
        assert isinstance(condition, ColumnElement), f"check needs a condition on a model, found {condition!r}"
        return CheckStep(name or expression_text(condition), condition)

    def set(self, **fields: Any) -> SetStep:
        """Change fields of the contact, custom ones too."""
        return SetStep(", ".join(f"{field} = {value}" for field, value in fields.items()), fields)

    @renamed_keyword("why", "reason")
    def add_points(self, points: int | Decimal, reason: str) -> AddPointsStep:
        """Add to the contact's score, and to the points of this run."""
        return AddPointsStep(reason, Decimal(points))

    def route(self, router: str | None = None, *, anew: bool = False, name: str | None = None) -> RouteStep:
        """Give the contact to whoever's turn it is in a router, by default the one that the playbook's rules choose.

        Whoever has an owner keeps them, unless `anew`. While nobody is available the journey waits.
        """
        return RouteStep(name or router or "by the rules", router, anew)

    def offer(
        self, router: str, *, lasts: timedelta | None = None, anew: bool = False, name: str | None = None
    ) -> OfferStep:
        """Let the members of a router take the contact, one after the other; the owner's name, or None for nobody.

        Each has `lasts` (2 minutes to 2 weeks, else what the router's terms say) of their working time. Whoever has an
        owner keeps them, unless `anew`.
        """
        return OfferStep(name or router, router, lasts, anew)

    def fulfil(self, list: str, *, data: Mapping[str, Any] | None = None, name: str | None = None) -> FulfilStep:
        """Put the contact on a list of what is sent by hand, such as "thank-you notes", which the playbook names.

        The list goes out every week or month to whoever sends these things. `data` says what is to be sent or why.
        """
        return FulfilStep(name or list, list, dict(data or {}))

    def split(self, test: str, variants: Mapping[str, float], *, before: str | None = None) -> SplitStep:
        """The contact's variant in a split test: drawn when they first come to it, and theirs for good.

        `variants` are names with their shares, such as {"times": 1, "calendar": 1}; 0 is for one that nobody new shall
        get. Several tests in one journey are drawn independently. When one of the variants has won, all who are new
        get that one. `before` is the variant that everybody had before there was a test, for runs that are past it.
        """
        return SplitStep(test, Variants(test, variants), before)

    def start(self, journey: str, *, name: str | None = None) -> StartStep:
        """Put the contact on another journey beside this one."""
        return StartStep(name or journey, journey)

    def note(self, text: str) -> NoteStep:
        """Leave a remark on the contact's timeline."""
        return NoteStep(text)

    def call(self, activity: Callable[..., Any], *arguments: Any, name: str | None = None) -> CallStep:
        """Have an activity done outside, with retries; its result. Raises ActivityFailed when all tries failed."""
        function = activity_name(activity)
        return CallStep(name or activity.__name__, function, arguments)
