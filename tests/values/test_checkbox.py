"""Yes and no, in the words of labels and of a dozen languages."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.readers.bad_value import BadValue
from models.values.readers.checkbox import read_checkbox

LABELS = ("Wants the newsletter", "Do not email me")


@pytest.mark.parametrize(
    "written",
    [
        *(
            True,
            1,
            1.0,
            "1",
            "on",
            "TRUE",
            "Yes",
            "y",
            "x",
            "checked",
            "✓",
            "✔️",
            "☑",
            "Agreed",
            "I agree",
            "accepted",
            "OK",
        ),
        *(
            "I agree to the privacy policy",
            "I have read and accept the terms.",
            "Yes, send me the newsletter",
            "yes please",
        ),
        *(
            "I’d like to receive updates",
            "Send me offers by mail",
            "Wants the newsletter",
            "do NOT email me",
            "ja",
            "oui",
            "Sí",
        ),
        *("si", "sì", "sim", "да", "tak", "はい", "evet", "Ich stimme zu", "Ich stimme der Datenschutzerklärung zu"),
        *("J'accepte les conditions", "Acepto la política de privacidad", "Accetto i termini", "Aceito os termos"),
    ],
)
def test_yes_is_yes_in_the_words_of_a_label(written: Any) -> None:
    assert read_checkbox(written, LABELS) is True


@pytest.mark.parametrize(
    "written",
    [
        *(
            False,
            0,
            0.0,
            "0",
            "off",
            "False",
            "NO",
            "n",
            "nope",
            "✗",
            "nein",
            "non",
            "não",
            "nee",
            "nej",
            "нет",
            "いいえ",
        ),
        *("I do not agree", "I don't agree", "I don’t accept the terms", "I disagree", "No, thanks", "no thank you"),
        *("Ich stimme der Datenschutzerklärung nicht zu", "Je n'accepte pas", "No acepto", "Non accetto", "Não aceito"),
        *("unsubscribe", "opt out", "declined"),
    ],
)
def test_no_is_no_in_as_many(written: Any) -> None:
    assert read_checkbox(written, LABELS) is False


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "maybe",
            "2",
            2,
            "later",
            "not sure",
            "yes and no",
            "I agree not to be contacted",
            "ok, no",
            "Janet",
            "Jan",
        ),
        *(
            "I accept. I do not want calls",
            "yesterday",
            "None",
            "Please don't email",
            "Jag vill inte",
            "I'm not interested",
        ),
        *(None, [], ["yes"], {"yes": True}),
    ],
)
def test_what_is_neither_is_refused(written: Any) -> None:
    with pytest.raises(BadValue, match="yes or no"):
        read_checkbox(written, LABELS)


@given(
    st.sampled_from(["not", "don't", "no", "never", "nicht", "pas", "não"]), st.text("abc ", max_size=8), st.booleans()
)
def test_a_sentence_with_a_negation_is_never_yes(negation: str, other: str, is_first: bool) -> None:
    text = f"I agree {negation} {other}" if is_first else f"yes {other} {negation}"
    with suppress(BadValue):
        assert read_checkbox(text) is False
