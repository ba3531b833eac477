"""Makes deployments/demo/sample_leads.csv: three hundred people who never were, for the demo and for trying things out.

`python -m deployments.demo.sample_leads` writes the file anew; the same seed gives the same people.
"""

import csv
import random
from pathlib import Path

FILE = Path(__file__).with_name("sample_leads.csv")
SEED = 20_26
COUNT = 300

FIRST_NAMES = (
    *("Ava", "Ben", "Carla", "Daniel", "Elena", "Farid", "Grace", "Hugo", "Imani", "Jonas", "Keiko", "Liam", "Maya"),
    *("Noah", "Olga", "Priya", "Quinn", "Rosa", "Samuel", "Tara", "Umar", "Vera", "Wyatt", "Ximena", "Yusuf", "Zoe"),
)
LAST_NAMES = (
    *("Abbott", "Bauer", "Castillo", "Dawson", "Eriksen", "Fontaine", "Garcia", "Haddad", "Ito", "Jensen", "Kowalski"),
    *("Larsen", "Mbeki", "Novak", "O'Brien", "Patel", "Quist", "Romero", "Sato", "Tran", "Ueda", "Vasquez", "Weber"),
)
FIRMS = (
    *("Alder", "Beacon", "Cobalt", "Driftwood", "Evergreen", "Foxglove", "Granite", "Hollow Oak", "Ironbridge"),
    *("Juniper", "Kestrel", "Lantern", "Maple Row", "Northgate", "Orchard", "Pinecrest", "Quarry", "Redstone"),
)
TRADES = {
    "Landscaping": "Landscaping",
    "Dental": "Healthcare",
    "Logistics": "Transport",
    "Interiors": "Design",
    "Software": "Technology",
    "Bakery": "Food",
    "Legal": "Legal services",
    "Fitness": "Wellness",
    "Builders": "Construction",
}
TITLES = ("Owner", "Founder", "CEO", "Managing Director", "Head of Sales", "Operations Manager", "Partner")
CITIES = (
    *(("Portland", "ME", "04101", "207"), ("Boston", "MA", "02108", "617"), ("New York", "NY", "10001", "212")),
    *(("Austin", "TX", "78701", "512"), ("San Diego", "CA", "92101", "619"), ("Denver", "CO", "80202", "303")),
    *(("Chicago", "IL", "60601", "312"), ("Seattle", "WA", "98101", "206"), ("Sacramento", "CA", "95814", "916")),
)
CHALLENGES = ("Generating new leads", "Hiring enough qualified people", "Customer loyalty")
REQUESTS = (
    "How does the 12-week programme fit around a full calendar?",
    "We doubled last year and my week has not got any longer.",
    "Looking for someone to think with, not another course.",
    "What would the first month look like for a team of ten?",
    "A colleague worked with you and keeps talking about it.",
    "",
)
TIMES = ("Morning", "Lunch time", "Afternoon", "")
SOURCES = {
    "website": (("request-info", "request-demo", "request-call", "request-quote", "trial"), 45),
    "campaign": (("ebook", "newsletter", "request-info"), 20),
    "api": (("request-info", "request-demo"), 10),
    "call-center": (("request-call",), 9),
    "telemarketing": (("request-call", "request-info"), 8),
    "tradeshow": (("tradeshow", "request-info"), 8),
}
"""Each source with the forms that its leads fill in, and its share of a hundred."""
FOUND_BY = ("Google", "LinkedIn", "Referral", "Podcast", "Newsletter", "")
COLUMNS = (
    *("source", "event_id", "form", "first_name", "last_name", "email", "phone", "company", "job_title", "industry"),
    *("employees", "city", "state", "postal_code", "challenge", "request", "preferred_time", "found_by", "consent"),
)


def make_leads(count: int = COUNT, seed: int = SEED) -> list[dict[str, str]]:
    """The rows of the file, some of them with what real ones have: a second visit, a phone alone, a slip of the pen."""
    chance = random.Random(seed)
    leads: list[dict[str, str]] = []
    for number in range(1, count + 1):
        again = chance.random() < 0.06 and leads
        lead = _second_visit(chance, chance.choice(leads)) if again else _person(chance, number)
        leads.append(lead | {"event_id": f"sample-{number:04}"})
    return [_with_typo(lead) if i % 97 == 0 and i else lead for i, lead in enumerate(leads)]


def _person(chance: random.Random, number: int) -> dict[str, str]:
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    firm, trade = chance.choice(FIRMS), chance.choice(list(TRADES))
    city, state, postal_code, area = chance.choice(CITIES)
    source = chance.choices(list(SOURCES), weights=[share for _, share in SOURCES.values()])[0]
    by_phone_alone = source == "call-center" and chance.random() < 0.4
    host = f"{firm}-{trade}".lower().replace(" ", "-")
    return {
        "source": source,
        "form": chance.choice(SOURCES[source][0]),
        "first_name": first,
        "last_name": last,
        "email": "" if by_phone_alone else f"{first}.{last}{number}@{host}.example.com".lower().replace("'", ""),
        # Numbers from 555-0100 to 555-0199 are kept free for invented people.
        "phone": f"({area}) 555-{chance.randint(100, 199):04}" if by_phone_alone or chance.random() < 0.7 else "",
        "company": f"{firm} {trade}",
        "job_title": chance.choice(TITLES),
        "industry": TRADES[trade],
        "employees": str(int(chance.lognormvariate(2.6, 0.9)) + 1),
        "city": city,
        "state": state,
        "postal_code": postal_code,
        "challenge": chance.choice(CHALLENGES),
        "request": chance.choice(REQUESTS),
        "preferred_time": chance.choice(TIMES),
        "found_by": chance.choice(FOUND_BY),
        "consent": "yes" if source in ("website", "campaign") or chance.random() < 0.5 else "",
    }


def _second_visit(chance: random.Random, lead: dict[str, str]) -> dict[str, str]:
    """Someone who comes back with another wish, and tells less than the first time."""
    left_out = dict.fromkeys(("company", "job_title", "industry", "employees", "challenge"), "")
    return lead | left_out | {"form": chance.choice(SOURCES["website"][0]), "request": chance.choice(REQUESTS)}


def _with_typo(lead: dict[str, str]) -> dict[str, str]:
    """A lead that a person has to look at: its address lost the @."""
    return lead | {"email": lead["email"].replace("@", " at "), "phone": ""}


def main() -> None:
    """Write the file."""
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(make_leads())


if __name__ == "__main__":
    main()
