"""What somebody wrote themselves: above, below and between quotes, in many languages, as text and as HTML."""

import pytest

from models.mail.inbound.html_text import text_of_html
from models.mail.inbound.reply_text import reply_text

# Introductions as mail programs write them, wrapped and indented as they arrive.
INTRODUCTIONS = [
    "On Mon, Mar 2, 2026 at 9:00 AM Nora <a@b.example> wrote:",
    "On Mon, Mar 2, 2026 at 9:00 AM Nora at Brightwater <\nr-1-a@b.example> wrote:",
    "On Mon, Mar 2, 2026 at 9:00 AM Nora at Brightwater\n<r-1-a@b.example>\nwrote:",
    "On Mar 2, 2026,\nat 9:00,\nNora <a@b.example> wrote:",
    "   On 02/03/2026 09:00, Nora wrote:",
    "---- On Mon, 02 Mar 2026 09:00:00 +0100 a@b.example wrote ----",
    "---- Nora Field wrote ----",
    "Nora <a@b.example> schrieb am Mo., 2. März 2026 um 09:00 Uhr:",
    "Am Mo., 2. März 2026 um 09:00 Uhr schrieb Nora <a@b.example>:",
    "Le lun. 2 mars 2026 à 09:00, Nora <a@b.example>\na écrit :",
    "El lun, 2 mar 2026 a las 9:00, Nora (<a@b.example>) escribió:",
    "Il giorno lun 2 mar 2026 alle ore 09:00 Nora <a@b.example> ha scritto:",
    "Op ma 2 mrt 2026 om 09:00 schreef Nora <a@b.example>:",
    "Op 2 mrt. 2026, om 09:00 heeft Nora <a@b.example> het volgende geschreven:",
    "Em seg., 2 de mar. de 2026 às 09:00, Nora <a@b.example> escreveu:",
    "Den mån 2 mars 2026 kl 09:00 skrev Nora <a@b.example>:",
    "man. 2. mar. 2026 kl. 09.00 skrev Nora <a@b.example>:",
    "ma 2. maalisk. 2026 klo 9.00 Nora (a@b.example) kirjoitti:",
    "pon., 2 mar 2026 o 09:00 Nora <a@b.example> napisał(a):",
    "W dniu 2026-03-02 o 09:00, Nora pisze:",
    "po 2. 3. 2026 v 9:00 odesílatel Nora <a@b.example> napsal:",
    "Nora <a@b.example> ezt írta (időpont: 2026. márc. 2., H, 9:00):",
    "În lun., 2 mar. 2026 la 09:00, Nora <a@b.example> a scris:",
    "Nora <a@b.example>, 2 Mar 2026 Pzt, 09:00 tarihinde şunu yazdı:",
    "пн, 2 мар. 2026 г. в 09:00, Nora <a@b.example>:",
    "2 марта 2026 г., в 9:00, Nora <a@b.example> написал(а):",
    "пн, 2 бер. 2026 р. о 09:00 Nora <a@b.example> пише:",
    "Στις Δευ 2 Μαρ 2026 στις 9:00 π.μ., ο χρήστης Nora <a@b.example> έγραψε:",
    "2026年3月2日(月) 9:00 Nora <a@b.example>:",
    "Nora <a@b.example> 于2026年3月2日周一 09:00写道：",
    "Nora <a@b.example> 於 2026年3月2日 週一 上午9:00寫道：",
    "2026년 3월 2일 (월) 오전 9:00, Nora <a@b.example>님이 작성:",
    "في الاثنين، 2 مارس 2026 في 9:00 ص تمت كتابة ما يلي بواسطة Nora <a@b.example>:",
    "\u200fבתאריך יום ב׳, 2 במרץ 2026 ב-9:00 מאת \u202aNora\u202c\u200f <\u202aa@b.example\u202c\u200f>:\u200f",
    "Vào Th 2, 2 thg 3, 2026 vào lúc 09:00 Nora <a@b.example> đã viết:",
    "2026-03-02 9:00 GMT+01:00 Nora <a@b.example>:",
    "[cid:logo] On 2 March 2026 at 09:00 Nora <a@b.example> wrote:",
]

BLOCKS = [
    "________________________________\nFrom: Nora <a@b.example>\nSent: Monday, 2 March 2026 09:00\nTo: Ana\nSubject: "
    "Hi",
    "*From:* Nora <a@b.example>\n*Sent:* Monday, 2 March 2026 09:00\n*To:* Ana\n*Subject:* Hi",
    "-----Original Message-----\nFrom: Nora <a@b.example>\nDate: Monday\nSubject: Hi",
    "----- Ursprüngliche Nachricht -----\nVon: Nora <a@b.example>\nGesendet: Montag\nAn: Ana\nBetreff: Hi",
    "De : Nora <a@b.example>\nEnvoyé : lundi 2 mars 2026 09:00\nÀ : Ana\nObjet : Hi",
    "De: Nora <a@b.example>\nEnviado el: lunes, 2 de marzo de 2026 9:00\nPara: Ana\nAsunto: Hi",
    "Da: Nora <a@b.example>\nInviato: lunedì 2 marzo 2026 09:00\nA: Ana\nOggetto: Hi",
    "Van: Nora <a@b.example>\nVerzonden: maandag 2 maart 2026 09:00\nAan: Ana\nOnderwerp: Hi",
    "De: Nora <a@b.example>\nEnviada em: segunda-feira\nPara: Ana\nAssunto: Hi",
    "Från: Nora <a@b.example>\nSkickat: den 2 mars 2026 09:00\nTill: Ana\nÄmne: Hi",
    "Fra: Nora <a@b.example>\nSendt: 2. marts 2026 09:00\nTil: Ana\nEmne: Hi",
    "Lähettäjä: Nora <a@b.example>\nLähetetty: maanantai 2. maaliskuuta 2026\nVastaanottaja: Ana\nAihe: Hi",
    "Od: Nora <a@b.example>\nWysłano: poniedziałek\nDo: Ana\nTemat: Hi",
    "Od: Nora <a@b.example>\nOdesláno: pondělí\nKomu: Ana\nPředmět: Hi",
    "Feladó: Nora <a@b.example>\nElküldve: 2026. március 2.\nCímzett: Ana\nTárgy: Hi",
    "От: Nora <a@b.example>\nОтправлено: 2 марта 2026 г. 9:00\nКому: Ana\nТема: Hi",
    "Kimden: Nora <a@b.example>\nGönderilme: 2 Mart 2026\nKime: Ana\nKonu: Hi",
    "差出人: Nora <a@b.example>\n送信日時: 2026年3月2日 9:00\n宛先: Ana\n件名: Hi",
    "发件人: Nora <a@b.example>\n发送时间: 2026年3月2日 9:00\n收件人: Ana\n主题: Hi",
    "보낸 사람: Nora <a@b.example>\n보낸 날짜: 2026년 3월 2일\n받는 사람: Ana\n제목: Hi",
    "מאת: Nora <a@b.example>\nנשלח: יום שני\nאל: Ana\nנושא: Hi",
    "من: Nora <a@b.example>\nتاريخ: 2 مارس\nإلى: Ana\nالموضوع: Hi",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_what_introduces_a_quote_is_known_in_many_languages(introduction: str, mark: str) -> None:
    quoted = "".join(f"{mark}{line}\n" for line in ("Hello,", "", "would Tuesday do?"))
    assert reply_text(f"Gladly.\n\n{introduction}\n\n{quoted}".replace("\n", "\r\n")) == "Gladly."


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_headers_begins_a_quote_that_has_no_marks(block: str) -> None:
    assert reply_text(f"Gladly.\n\n{block}\n\nWould Tuesday do?") == "Gladly."


@pytest.mark.parametrize("introduction", INTRODUCTIONS[:12])
def test_answers_above_below_and_between_the_quotes_count(introduction: str) -> None:
    text = f"Hi Nora,\n\n{introduction}\n> When?\nOn Monday.\n> Where?\n\nHere, at nine.\n> Bye\n\nAna"
    assert reply_text(text) == "Hi Nora,\n\nOn Monday.\n\nHere, at nine.\n\nAna"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("> When?\nOn Monday.\n> Where?\nHere.", "On Monday.\nHere."),
        ("Hi Nora,\nThanks, I would like to buy two.\n\nBest regards,\nAna", None),
        ("> only a quote", None),
        ("", None),
        # What only looks like an introduction.
        ("On Monday I called Nora, and she wrote:\nplease come at 9:00.", None),
        ("Two things:\n\nOn the 3rd you wrote:\nwe need more.\n\nAm 3. schrieb ich Ihnen:\nja.", None),
        ("From: Berlin\nTo: Hamburg\nDate: 3 May, two people", None),
        ("Die Firma schreibt mir: alles gut.\nWrote it down: done.", None),
        ("The address comes from: ana@example.com\nand goes to the list.", None),
        # Signatures.
        ("Yes.\n\n-- \nAna Field\nACME\n+49 30 1", "Yes."),
        ("Yes.\n\nSent from my iPhone", "Yes."),
        ("Ja.\n\nVon meinem iPhone gesendet", "Ja."),
        (
            "Oui.\n\nEnvoyé de mon iPhone\n________________________________\nDe : N <a@b.c>\nÀ : A\nObjet : "
            "x\n\nBonjour",
            "Oui.",
        ),
        ("Sent from my desk, which is much easier than my phone.", None),
        ("-- \nAna Field\nACME", ""),
        ("Sent from my iPhone", ""),
        ("The list:\n-- first\n-- second", None),
        ("Yes to both.\n-- \nAna\n\n> When?\nAlso on Monday.", "Yes to both.\n\nAlso on Monday."),
        # A line that was wrapped lost its mark; an answer below a long line did not.
        (f"Yes.\n\n> {'word ' * 14}is\nwrapped here\n> Bye", "Yes."),
        (f"> {'word ' * 14}is it?\nit is", "it is"),
        ("Yes.\n\n| Would Tuesday do?\n| Nora", "Yes."),
    ],
)
def test_own_words_are_distinguished_and_nothing_of_them_is_lost(text: str, own: str | None) -> None:
    assert reply_text(text) == (text if own is None else own)


def test_a_forwarded_mail_is_what_they_want_to_show() -> None:
    forwarded = (
        "FYI\n\n---------- Forwarded message ---------\nFrom: Bob <bob@b.example>\nDate: Monday\nSubject: x\n\nBuy it."
    )
    by_outlook = "FYI\n\nFrom: Bob <bob@b.example>\nSent: Monday\nTo: Ana\nSubject: x\n\nBuy it."
    assert reply_text(forwarded) == forwarded
    assert reply_text(by_outlook, "WG: x") == by_outlook
    assert reply_text(by_outlook, "Re: Fwd: x") == "FYI"


PAGES = {
    "Gmail": '<div dir="ltr">Hi Nora,</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Mar '
    '2, 2026 at 9:00 AM Nora &lt;<a href="mailto:a@b.example">a@b.example</a>&gt; wrote:<br></div><blockquote '
    'class="gmail_quote"><div>When?'
    "</div></blockquote><div>On Monday.</div><blockquote "
    "class=gmail_quote><div>Where?</div></blockquote></div><div>Here.</div>",
    "Apple Mail": "<html><body>Hi Nora,<div><blockquote type='cite'><div>On 2 Mar 2026, at 09:00, Nora "
    "wrote:</div><div>When?</div>"
    "</blockquote></div><div>On Monday.</div><div><blockquote "
    "type=cite><div>Where?</div></blockquote>Here.</div></body></html>",
    "Thunderbird": "<body>Hi Nora,<br><div class='moz-cite-prefix'>Nora kirjutas 2.03.2026 kell 9:00:<br></div>"
    "<blockquote type='cite' cite='mid:x'><p>When?</p></blockquote><p>On Monday.</p><blockquote "
    "type='cite'>Where?</blockquote>"
    "<p>Here.</p><div class='moz-signature'>-- <br>Ana</div></body>",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_answers_between_the_quotes_of_html_count(page: str) -> None:
    lines = [line.strip() for line in reply_text(text_of_html(page)).splitlines() if line.strip()]
    assert lines == ["Hi Nora,", "On Monday.", "Here."]


@pytest.mark.parametrize(
    "below",
    [
        "<hr><div id='divRplyFwdMsg'><b>Lähettäjä:</b> Nora<br><b>Xyz:</b> maanantai</div><div>When?</div>",
        "<div id='x_divRplyFwdMsg'><b>Xyz:</b> Nora</div><div>When?</div>",
        "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p>Xyz: "
        "Nora</p></div><p>When?</p>",
        "<div class='OutlookMessageHeader'>Xyz: Nora</div><div>When?</div>",
        "<div id='mail-editor-reference-message-container'><div>Xyz: Nora</div><div>When?</div></div>",
        "<div class='ms-outlook-mobile-reference-message'>When?</div>",
        "<div id='yahoo_quoted_123' class='yahoo_quoted'><div>Xyz</div><div>When?</div></div>",
        "<div class='protonmail_quote'>On Monday, March 2nd, 2026 at 9:00, Nora wrote:<br><blockquote "
        "class='protonmail_quote' "
        "type='cite'>When?</blockquote></div>",
        "<div class='zmail_extra_hr'></div><div class='zmail_extra'>---- On Mon, 02 Mar 2026 Nora wrote "
        "----<br><div>When?</div></div>",
        "<div class='gmail_extra'><br><div class='gmail_quote'>On 2 Mar 2026 09:00, Nora "
        "wrote:<br><blockquote>When?</blockquote></div></div>",
        "<p id='reply-intro'>Le 2026-03-02 09:00, Nora a écrit :</p><blockquote type='cite'>When?</blockquote>",
        "<p>02.03.2026, 09:00, Nora &lt;a@b.example&gt;:</p><blockquote>When?</blockquote>",
        "<div><hr id='stopSpelling'>Date: Mon, 2 Mar 2026<br>Subject: x<br>From: a@b.example<br><br>When?</div>",
        "<hr data-marker='__DIVIDER__'><div><b>Xyz: </b>Nora</div><div>When?</div>",
    ],
)
def test_the_quotes_of_mail_programs_are_cut_in_their_html(below: str) -> None:
    assert reply_text(text_of_html(f"<html><body><div>Yes.</div>{below}</body></html>")) == "Yes."


def test_indented_text_of_ones_own_is_no_quote() -> None:
    indented = "<blockquote style='margin:0 0 0 40px;border:none;padding:0px'><div>Call me.</div></blockquote>"
    page = f"<div>My points</div>{indented}"
    assert "Call me." in reply_text(text_of_html(page))
