"""Reads yes and no: from checkboxes, which many forms post as their label, and from lists, in many languages. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from models.values.readers.bad_value import BadValue

EXPECTED = "yes or no (also true, false, on, off, 1, 0)"

YES = frozenset(
    (
        *("true", "yes", "y", "on", "1", "1.0", "checked", "x", "t", "yep", "yeah", "sure", "ok", "okay", "selected"),
        *("agree", "agreed", "i agree", "accept", "accepted", "i accept", "i do", "consent", "i consent", "opt in"),
        *("opted in", "opt-in", "granted", "allowed", "enabled", "confirmed", "subscribe", "subscribed", "✓", "✔", "☑"),
        *(
            "✅",
            "👍",
            "☒",
            "ja",
            "jawohl",
            "wahr",
            "einverstanden",
            "zugestimmt",
            "oui",
            "vrai",
            "d'accord",
            "si",
            "sí",
        ),
        *("verdadero", "acepto", "de acuerdo", "sì", "vero", "accetto", "sim", "verdadeiro", "aceito", "concordo"),
        *(
            "akkoord",
            "waar",
            "jag godkänner",
            "jeg accepterer",
            "kyllä",
            "joo",
            "tak",
            "ano",
            "áno",
            "igen",
            "da",
            "так",
        ),
        *("да", "ναι", "evet", "ya", "はい", "是", "同意", "예", "네", "نعم", "हाँ", "כן", "có", "ใช่"),
    )
)
NO = frozenset(
    (
        *(
            "false",
            "no",
            "n",
            "off",
            "0",
            "0.0",
            "unchecked",
            "f",
            "nope",
            "disagree",
            "i disagree",
            "declined",
            "decline",
        ),
        *(
            "i decline",
            "opt out",
            "opted out",
            "opt-out",
            "denied",
            "disabled",
            "unsubscribe",
            "unsubscribed",
            "not checked",
        ),
        *("✗", "✘", "❌", "☐", "👎", "nein", "falsch", "nicht einverstanden", "non", "faux", "falso"),
        *("no acepto", "não", "nao", "nee", "onwaar", "nej", "nei", "ei", "nie", "ne", "nem", "нет", "ні", "όχι"),
        *("hayır", "hayir", "tidak", "いいえ", "否", "不同意", "아니요", "아니오", "لا", "नहीं", "לא", "không", "ไม่"),
    )
)
AGREEMENT = re.compile(
    r"(?:yes|yep|sure|ok(?:ay)?|agreed?|accept(?:ed)?"
    r"|i(?:'ve| have)? ?(?:hereby )?(?:agree|accept|consent|confirm|acknowledge|authori[sz]e|opt in|want|wish|read"
    r"|understand|would (?:like|love))"
    r"|i'd (?:like|love)|i(?: am|'m) (?:happy|interested)"
    r"|(?:please )?(?:send|keep|sign|email|mail|call|contact|notify|subscribe|add) (?:me|us|to)"
    r"|ja|hiermit|ich (?:stimme|willige|akzeptiere|bin|habe|möchte|will)"
    r"|oui|j'(?:accepte|ai lu|autorise|aimerais)|je (?:souhaite|consens|veux|suis d'accord)"
    r"|sí|si(?=,)|acepto|autorizo|he leído|deseo|quiero"
    r"|sì|accetto|acconsento|autorizzo|ho letto|desidero"
    r"|sim|aceito|concordo|li e|desejo|quero"
    r"|ik (?:ga|wil|accepteer|geef)|jag (?:godkänner|samtycker|vill)|jeg (?:accepterer|samtykker|vil)"
    r"|wyrażam|tak|souhlasím|да|я (?:согласен|согласна|соглашаюсь)"
    r")\b|[✓✔☑✅]"
)
"""How the label of a box begins that someone ticks to agree or to ask for something."""
NEGATION = re.compile(
    r"\b(?:no|not|don't|dont|won't|never|cannot|can't|without|nor|neither|disagree|decline|refuse|withdraw|revoke|object"
    r"|unsubscribe|stop|opt out|opt-out|unless|except"
    r"|nicht|kein|keine|keinen|keinerlei|nein|widerspreche|ne|pas|aucun|aucune|non|nunca|ningún|rechazo|rifiuto"
    r"|não|nao|nem|nenhum|ninguna|recuso|niet|geen|inte|ej|ikke|nie|не|нет)\b|n't\b|\bn'"
)
"""What makes a sentence that begins as an agreement none."""
DISAGREEMENT = re.compile(
    r"(?:no,? )?i (?:do not|don't|dont|did not|cannot|can't|will not|won't) (?:agree|accept|consent|want|wish)"
    r"|(?:nein,? )?ich (?:stimme .*nicht zu|(?:möchte|will) (?:nicht|keine[nrs]?)|bin nicht einverstanden)"
    r"|je n'(?:accepte|autorise)|je ne (?:souhaite|veux|consens)|no (?:acepto|quiero|deseo|autorizo)"
    r"|non (?:accetto|acconsento|desidero)|não (?:aceito|concordo|quero|desejo)|no,? thank"
)


def read_checkbox(value: Any, labels: Iterable[str] = ()) -> bool:
    """Whether a box was ticked, or a question answered with yes; BadValue when neither is clear.

    A box that is posted as its own label, one of `labels`, was ticked, whatever the label says. A sentence that begins
    as an agreement does and denies nothing is yes; one with a negation never is.
    """
    if isinstance(value, bool):
        return value
    if not isinstance(value, int | float | str):
        raise BadValue(value, EXPECTED)
    text = _plain(str(value))
    if text in NO or text in YES:
        return text in YES
    if text and text in {_plain(label) for label in labels}:
        return True
    if DISAGREEMENT.match(text):
        return False
    if AGREEMENT.match(text) and not NEGATION.search(text):
        return True
    raise BadValue(value, EXPECTED)


def _plain(text: str) -> str:
    """In small letters, on one line, with straight apostrophes and without a full stop at the end."""
    shown = unicodedata.normalize("NFKC", text.replace("\ufe0f", "")).replace("\u2019", "'").replace("_", " ")
    return " ".join(shown.casefold().split()).strip(' .!;:*"')
