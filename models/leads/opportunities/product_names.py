"""The products that deals are about: those of a list become ours, and what a file calls them finds them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import Connection, text

from models.database import to_json
from models.playbook.source import normalize_name
from models.tables.sales import ProductTier
from models.values.readers.amount import read_amount
from models.values.readers.bad_value import BadValue, quote_value
from models.wording import counted

LONGEST_CODE = 200

PRODUCTS = text("SELECT code, name FROM product ORDER BY id")

ADD = text(f"""
-- Those of the playbook stay as it says.
INSERT INTO product (code, name, tier, price, currency)
SELECT n.code, n.name, '{ProductTier.CORE}', n.price, n.currency
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (code text, name text, price numeric, currency text)
WHERE NOT EXISTS (SELECT FROM product p WHERE lower(p.code) IN (lower(n.code), lower(n.name))
                  OR lower(p.name) IN (lower(n.code), lower(n.name)))
ON CONFLICT DO NOTHING
""")


def store_products(connection: Connection, rows: Sequence[Mapping[str, str]], currency: str, country: str) -> list[str]:
    """Add the products of a list that are not known yet; gives what could not be read, a sentence each."""
    added, remarks = [], []
    for row in rows:
        name = row["product"][:LONGEST_CODE]
        try:
            price, said = read_amount(row["price"], country) if "price" in row else (Decimal(0), None)
        except BadValue as error:
            remarks.append(f"The price of product {quote_value(name)} was taken as 0: {error}.")
            price, said = Decimal(0), None
        code = row.get("code", name)[:LONGEST_CODE]
        added.append({"code": code, "name": name, "price": max(price, Decimal(0)), "currency": said or currency})
    if added:
        connection.execute(ADD, {"rows": to_json(added)})
    return remarks


@dataclass(frozen=True)
class ProductNames:
    """What the words of a file mean."""

    codes: Mapping[str, str | None]
    """Word of the file -> the code of the product; None: it is not known."""
    remarks: Sequence[str] = field(default_factory=list)

    def code(self, word: str) -> str | None:
        """The code of the product that a word means."""
        return self.codes.get(word)


def match_products(
    connection: Connection, words: Mapping[str, int], spelled: Mapping[str, str], currency: str, *, has_list: bool
) -> ProductNames:
    """Find the product of each word of a file; `words` says how often each is there, `spelled` what the map makes it.

    A word that differs in case, blanks and punctuation alone is the product that it looks like, and that is said. Where
    there is no list of products and none of the words is known, the words are the products.
    """
    codes, by_letters = _find(connection, words, spelled)
    remarks = [
        f"{quote_value(word)} was taken as {quote_value(codes[word])} by its letters, in "
        f"{counted(words[word], 'row')}. If it is another product, say so: --map 'product:{word}=its name'."
        for word in sorted(by_letters)
    ]
    unknown = [word for word, code in codes.items() if code is None]
    if unknown and not has_list and len(unknown) == len(codes):
        rows = [
            {"code": word[:LONGEST_CODE], "name": word[:LONGEST_CODE], "price": 0, "currency": currency}
            for word in unknown
        ]
        connection.execute(ADD, {"rows": to_json(rows)})
        remarks.append(f"{counted(len(unknown), 'product')} became known by this file alone, without a price.")
        codes, _ = _find(connection, words, spelled)
        unknown = []
    for word in unknown:
        remarks.append(
            f"No product is called {quote_value(word)}, so {counted(words[word], 'row')} wait for repair. Name it "
            f"(--map 'product:{word}=its name', or under opportunities of the source in the playbook) and import again."
        )
    return ProductNames(codes, remarks)


def _find(
    connection: Connection, words: Iterable[str], spelled: Mapping[str, str]
) -> tuple[dict[str, str | None], set[str]]:
    """Word -> code, and which of the words were found by their letters alone."""
    exact: dict[str, str] = {}
    letters: dict[str, str] = {}
    uses: Counter[str] = Counter()
    for code, name in connection.execute(PRODUCTS):
        for each in {code, name}:
            exact.setdefault(each.casefold(), code)
        for each in {normalize_name(code), normalize_name(name)} - {""}:
            uses[each] += 1
            letters[each] = code
    codes: dict[str, str | None] = {}
    by_letters = set()
    for word in words:
        meant = spelled.get(word, word)
        codes[word] = exact.get(meant.casefold())
        plain = normalize_name(meant)
        if codes[word] is None and uses[plain] == 1:
            codes[word] = letters[plain]
            by_letters.add(word)
    return codes, by_letters
