"""The `j` of a journey: everything that it may await."""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import ColumnElement

from flows.runtime.authoring.renamed_keyword import WRAPPER_CODE, renamed_keyword
from flows.runtime.contract.arguments import (
    due_in_of,
    length_of,
    moment_of,
    optional_length,
    points_of,
    text_of,
    texts_of,
    window_of,
)
from flows.runtime.contract.ask import Ask
from flows.runtime.definitions.activity import activity_name
from flows.runtime.definitions.run import Run
from flows.runtime.verbs.add_points import AddPointsStep
from flows.runtime.verbs.call import CallStep
from flows.runtime.verbs.check import CheckStep
from flows.runtime.verbs.email_split import Subject, make_email_split
from flows.runtime.verbs.feedback import FeedbackStep
from flows.runtime.verbs.fulfil import FulfilStep
from flows.runtime.verbs.note import NoteStep
from flows.runtime.verbs.offer import OfferStep
from flows.runtime.verbs.requested_task import RequestedTaskStep
from flows.runtime.verbs.route import RouteStep
from flows.runtime.verbs.send import NO_DATA, SendStep
from flows.runtime.verbs.set import SetStep
from flows.runtime.verbs.split import SplitStep
from flows.runtime.verbs.start import StartStep
from flows.runtime.verbs.task import TaskStep
from flows.runtime.verbs.wait import WaitForStep, WaitStep, WaitUntilFieldStep
from models import MessageKind, OnCap
from models.conditions.parse import expression_text
from models.playbook.tasks import DueIn
from models.splits import Variants

Step = TypeVar("Step", bound=Ask)


class Journey:
    """What a journey's code gets as `j`. Every method makes a step to await.

    A step is identified by its verb and its name, which defaults to what the step is about. Both are recorded; a run
    gets stuck when the code later asks for other steps than it has recorded.
    """

    __slots__ = ("_run", "name")

    def __init__(self, name: str, run: Run) -> None:
        self.name = name
        self._run = run

    @property
    def now(self) -> datetime:
        """The moment of the last answered step. Unlike the wall clock, it does not change when the run is replayed."""
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
        """Queue the email templates/mail/<journey>/<template>.html; answers "queued", "suppressed" or "no address".

        `transactional` emails answer what the contact did: they reach unsubscribed contacts too, go at once and do not
        count for the frequency caps. Marketing emails go out in the playbook's send window, or in `window`, such as
        {"tue-thu": "09:00-11:00"} of the receiver's week. A contact who has reached a cap gets the email later
        (`on_cap="wait"`) or not at all ("skip"). What has not gone out within `expires_after` is not sent any more.

        `subjects` and `templates` are split tests of this email, called "<journey>/<step> subject" and
        "<journey>/<step> template". Subjects are variant -> subject line, or (subject line, weight); None is the
        template's own: {"plain": None, "question": "What would you change?"}. Templates are template -> weight:
        {"offer": 1, "offer_short": 1}. A click names the template that was sent.
        """
        text_of("send", template)
        kind = MessageKind.TRANSACTIONAL if transactional else MessageKind.MARKETING
        capped = OnCap(on_cap) if on_cap is not None else None
        expires = optional_length("expires_after", expires_after)
        split = make_email_split(f"{self.name}/{name or template}", subjects or {}, templates or {})
        hours = window_of(window)
        return self._make(SendStep(name or template, template, kind, data or NO_DATA, hours, capped, expires, split))

    def wait(self, length: timedelta, *, name: str | None = None) -> WaitStep:
        """Go on after this length of time; at once when it is none or less. Ten years are the most."""
        length_of("wait", length)
        return self._make(WaitStep(name or str(length).removesuffix(", 0:00:00"), length=length))

    def wait_until(self, moment: datetime, *, name: str = "a moment") -> WaitStep:
        """Go on at a moment; at once when it has passed. It has a time zone, and is at most ten years ahead."""
        if moment is None:
            raise ValueError("wait_until needs a moment, found None. To wait for an event, use wait_for.")
        return self._make(WaitStep(name, until=moment_of("wait_until", moment)))

    def wait_until_field(
        self, field: str, *, otherwise: timedelta, unless: str | tuple[str, ...] = (), name: str | None = None
    ) -> WaitUntilFieldStep:
        """Go on at nine in the morning of the date in a field of the playbook, such as `next_check_in`.

        That is nine where the contact most likely is, else in the company's time zone. The field is read once, when the
        journey comes to this step; without a date, or with one that has passed, it goes on after `otherwise`. With one
        that is more than ten years ahead the run is stuck, until somebody has corrected the date. An event of `unless`
        ends the wait at once. Answers the pattern of that event, else None.
        """
        events = (unless,) if isinstance(unless, str) else texts_of("unless", unless)
        text_of("wait_until_field", field)
        length_of("otherwise", otherwise)
        return self._make(WaitUntilFieldStep(name or f"the date in {field}", field, otherwise, events))

    def wait_for(
        self, *events: str, within: timedelta | None = None, until: datetime | None = None, name: str | None = None
    ) -> WaitForStep:
        """Answers which of these events (`name` or `name:topic`) comes first from now on; None when the time is up."""
        if not events:
            raise ValueError("wait_for needs an event, such as 'replied'; to let time pass, use wait or wait_until.")
        texts_of("wait_for", events)
        optional_length("within", within)
        moment_of("until", until)
        return self._make(WaitForStep(name or " or ".join(events), events, within, until))

    def task(
        self,
        template: str,
        *,
        kind: str | None = None,
        due: timedelta | None = None,
        due_in: DueIn | None = None,
        outcomes: tuple[str, ...] | None = None,
        name: str | None = None,
        within: timedelta | None = None,
        to: str | None = None,
        data: Mapping[str, Any] | None = None,
        form: tuple[str, ...] | None = None,
    ) -> TaskStep:
        """Ask the contact's owner (or `to`, any address) to do something; answers the outcome that they report.

        The mail is templates/mail/<journey>/<template>.html; without that file it says what the kind says. `kind` is
        the kind of task in the playbook, by default the one that is called like the template. What is not given here
        is as the kind says: `outcomes`, `form`, `due`. After `due` they are reminded: of their working hours where the
        kind, or `due_in`, says "working hours", else around the clock. After `within` the task is closed and the answer
        is None; without `within` the journey waits as long as it takes. `form` names fields of the contact that can be
        filled in with the outcome; emails read them as `answers.next_steps`.
        """
        text_of("task", template)
        optional_length("due", due)
        if outcomes is not None and not texts_of("outcomes", outcomes):
            raise ValueError(f"The task '{template}' has no outcomes, so nobody could report one. Name at least one.")
        optional_length("within", within)
        fields = None if form is None else texts_of("form", form)
        given = dict(data or {})
        named = text_of("kind", kind) if kind is not None else template
        return self._make(
            TaskStep(
                name or template, template, due, outcomes or (), within, to, given, fields, named, due_in_of(due_in)
            )
        )

    def requested_task(self, *, name: str = "task") -> RequestedTaskStep:
        """Ask whoever was named to do what was asked for when the run was started; answers the outcome.

        Kind, assignee, due time and note are those of models.journeys.start_task; a run that was started without them
        asks the contact's owner to follow up.
        """
        return self._make(RequestedTaskStep(text_of("requested_task", name), "by_kind"))

    def check(
        self, condition: ColumnElement[bool] | bool, *, name: str | None = None, before: bool | None = None
    ) -> CheckStep:
        """Answers whether a condition is true of the contact or the run now, such as `Contact.score >= 30`.

        `before` is the answer for runs that had passed this step when it was added; without it they do not fit.
        """
        if not isinstance(condition, ColumnElement):
            raise ValueError(
                f"check needs a condition on a model, such as Contact.score >= 30, found {condition!r}. Compare "
                "columns of models, and combine conditions by & and |: `and` and `or` are worked out by Python at once."
            )
        return self._make(CheckStep(name or expression_text(condition), condition, before))

    def set(self, **fields: Any) -> SetStep:
        """Change fields of the contact, custom ones too."""
        if not fields:
            raise ValueError("set needs a field of the contact, such as j.set(stage=Stage.SQL).")
        return self._make(SetStep(", ".join(f"{field} = {value}" for field, value in fields.items()), fields))

    @renamed_keyword("why", "reason")
    def add_points(self, points: int | Decimal, reason: str) -> AddPointsStep:
        """Add to the contact's score, and to the points of this run."""
        return self._make(AddPointsStep(text_of("The reason of add_points", reason), points_of(points)))

    def route(self, router: str | None = None, *, anew: bool = False, name: str | None = None) -> RouteStep:
        """Assign an owner by a router, by default the one that the playbook's rules choose; answers the owner's name.

        A contact who has an owner keeps them, unless `anew`. While no rep is available the journey waits.
        """
        return self._make(RouteStep(name or router or "by the rules", router, anew))

    def offer(
        self, router: str, *, lasts: timedelta | None = None, anew: bool = False, name: str | None = None
    ) -> OfferStep:
        """Offer the lead to the members of a router, one after the other, until one accepts.

        Answers the owner's name, or None when nobody accepts. Each offer lasts as long as `lasts`, by default as the
        router's terms say, of the rep's working time. A contact who has an owner keeps them, unless `anew`.
        """
        optional_length("lasts", lasts)
        return self._make(OfferStep(name or text_of("offer", router), router, lasts, anew))

    def fulfil(self, list: str, *, data: Mapping[str, Any] | None = None, name: str | None = None) -> FulfilStep:
        """Put the contact on a fulfilment list of the playbook, such as "thank-you notes": what is sent by hand.

        The list is emailed every week or month to the person who sends these things. `data` says what to send, or why.
        """
        return self._make(FulfilStep(name or text_of("fulfil", list), list, dict(data or {})))

    def feedback(self, *, name: str = "how it goes") -> FeedbackStep:
        """Ask the contact's owner how it goes, at the next moment of the playbook's cycle; answers what came of it.

        "answered", "won", or what follows a loss: "lost: nurture", "lost: end", "lost: not interested". Where nobody
        answers, after reminders and the word to the manager: "no answer", or "give to somebody else" if the playbook
        says so. "enough is known" when no more is to be asked, "nobody has it" when there is no owner.
        """
        return self._make(FeedbackStep(text_of("feedback", name)))

    def split(self, test: str, variants: Mapping[str, float], *, before: str | None = None) -> SplitStep:
        """Answers the contact's variant in a split test: drawn when they first come to it, and never changed.

        `variants` are name -> weight, such as {"times": 1, "calendar": 1}; with weight 0 no new contact gets it.
        Several tests in one journey are drawn independently. Once a variant has won, all new contacts get that one.
        `before` is the variant that everybody had before the test was added, for runs that have passed this step.
        """
        return self._make(SplitStep(test, Variants(test, variants), before))

    def start(self, journey: str, *, name: str | None = None) -> StartStep:
        """Put the contact on another journey beside this one."""
        return self._make(StartStep(name or text_of("start", journey), journey))

    def note(self, text: str) -> NoteStep:
        """Leave a remark on the contact's timeline."""
        return self._make(NoteStep(text_of("note", text)))

    def call(self, activity: Callable[..., Any], *arguments: Any, name: str | None = None) -> CallStep:
        """Have an activity performed outside the turn, with retries; answers its result.

        Raises ActivityFailed in the journey when all tries failed.
        """
        function = activity_name(activity)
        return self._make(CallStep(name or activity.__name__, function, arguments))

    def _make(self, step: Step) -> Step:
        """Note a step that is about to be awaited, as each method here does.

        Raises StepNotAwaited when the step before was made and not awaited: nothing of it was done.
        """
        run = self._run
        if run.made is not None:
            raise run.not_awaited(run.made)
        run.made, run.made_at = step, None
        # A step that is recorded was awaited, so where it is made is never asked.
        if run.number >= len(run.history):
            caller = sys._getframe(2)
            if caller.f_code is WRAPPER_CODE and caller.f_back is not None:
                caller = caller.f_back
            run.made_at = (caller.f_code, caller.f_lasti)
        return step

    def __getattr__(self, name: str) -> Any:
        """Raises AttributeError for what a journey does not have, such as the contact's fields."""
        raise AttributeError(
            f"j has no '{name}'. It has: {', '.join(sorted(VERBS))}, now. What is known of the contact is asked by "
            "j.check, such as await j.check(Contact.score >= 30)."
        )


VERBS = frozenset(name for name, value in vars(Journey).items() if callable(value) and not name.startswith("_"))
"""The names of all methods that make a step."""
