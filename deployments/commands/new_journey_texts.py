"""What a new journey begins with. `@name@` and the like are filled in; braces are those of Python and Jinja."""

JOURNEY = '''"""@Title@: say here in one sentence who takes it, and what for."""

from datetime import timedelta

from flows.runtime import Journey, journey


@journey(
    starts_on="form_submitted:@form@",
    ends_on={"order_placed": "bought", "turned_us_down": "not interested"},
)
async def @name@(j: Journey) -> str:
    """Say what happens to them: people read this in Prefect and on the map."""
    if await j.send("hello") != "queued":
        return "cannot be mailed"
    if await j.wait_for("link_clicked:@name@/hello", "replied", within=timedelta(days=4), name="answer to hello"):
        await j.add_points(5, "answered hello")
        return "answered"
    await j.send("one_more_thing")
    return "let it pass"
'''

FIRST_MAIL = """{% extends "base.html" %}
{% from "parts.html" import button, greeting %}
{% block subject %}@Title@: what is it about?{% endblock %}
{% block preheader %}The line that stands beside the subject in the list of mails.{% endblock %}
{% block body %}
      {{ greeting(contact) }}
      <p>Say why you write to {{ contact.company | default("your business") }}, and what they get from it.</p>
      {{ button(site("/"), "What the button does") }}
      <p>Questions? Reply to this mail. A person reads it.</p>
{% endblock %}
"""

SECOND_MAIL = """{% extends "base.html" %}
{% from "parts.html" import button, greeting %}
{% block subject %}@Title@: one more thing{% endblock %}
{% block preheader %}The second mail says something new, and is the last one.{% endblock %}
{% block body %}
      {{ greeting(contact) }}
      <p>Say one thing that the first mail did not say. Whoever did not answer had a reason.</p>
      {{ button(site("/"), "What the button does") }}
      <p>If this is not for you, you need do nothing.</p>
{% endblock %}
"""

TEST = '''"""The journey @words@: who answers is left alone, who does not gets one more mail."""

from flows.testing import scenarios, trip


@scenarios("""
scenario       | answer to hello            | mails | days | ends
follows a link | link_clicked:@name@/hello  | 1     | 1    | answered
writes to us   | replied                    | 1     | 1    | answered
silent         | silent                     | 2     | 4    | let it pass
""")
def test_who_answers_gets_no_second_mail(answer_to_hello: str, mails: int, days: int, ends: str) -> None:
    told = trip("@name@", answers={"answer to hello": answer_to_hello})
    assert (len(told.mails), told.last_day, told.ending) == (mails, days, ends)


def test_an_order_ends_it() -> None:
    told = trip("@name@", answers={"day 1": "order_placed:strategy-session"})
    assert told.ending == "bought"
    assert told.mails == [(0, "@name@/hello")]
'''
