"""What people write when they want no more of our mail, in the languages of our readers, and what only sounds like "
"it."""

import time

import pytest

from models.mail.inbound.opt_out import OptOut, read_opt_out

WHOLE = [
    "Not interested. Please remove me.",
    "No thanks, please unsubscribe",
    "We are no longer interested, please take us off your list.",
    "This is spam. Remove me from your list.",
    "I never signed up for this and want to unsubscribe.",
    "Wrong person. Unsubscribe.",
    "Kein Interesse, bitte abmelden",
    "Merci de me désabonner.\n\nCordialement,\nJean Dupont",
    "Graag afmelden voor de nieuwsbrief",
    "STOP ALL",
    "pls unsub me thx",
    "Meld meg av",
    "メルマガを解除してください",
    "Please unsubscribe me.",
    "Hi Nora,\n\nPlease unsubscribe me.\n\nThanks,\nAna",
    "Hi Nora, please unsubscribe me. Thanks!",
    "Please remove me from your mailing list.\n\nBest regards\nAna Müller\nACME GmbH\n+49 30 1234567",
    "STOP",
    "unsubscribe",
    "Unsubscribe\n\nSent from my iPhone",
    "Please stop sending me emails. Thank you.",
    "Can you take me off this list please?",
    "I no longer wish to receive these emails",
    "Don't email me again.",
    "How do I unsubscribe?",
    "Please remove my email address from your list\nAna",
    "take me off your list",
    "I would like to unsubscribe from your newsletter.",
    "opt out",
    "Remove me from all your email lists immediately!!!",
    "no more emails please",
    "Bitte abmelden",
    "Guten Tag,\n\nbitte nehmen Sie mich aus dem Verteiler.\n\nMit freundlichen Grüßen\nMax Muster",
    "Bitte tragen Sie mich aus Ihrer Liste aus. Danke!",
    "Ich möchte keine weiteren E-Mails erhalten.",
    "Bitte löschen Sie mich aus Ihrem Verteiler",
    "Hallo Nora,\nbitte keine Mails mehr.\nGruß\nJan",
    "Newsletter abbestellen",
    "Guten Tag,\n\nbitte melden Sie mich von allen E-Mails ab.\n\nMit freundlichen Grüßen\nKlaus Meier\nMeier GmbH",
    "Hiermit melde ich mich vom Newsletter ab.",
    "Hiermit widerrufe ich meine Einwilligung zum Erhalt von Werbung.",
    "Bitte keine Werbung mehr zusenden.",
    "Ich will Ihren Newsletter nicht mehr bekommen.",
    "Ich bestelle Ihren Newsletter hiermit ab.",
    "Kündigen Sie bitte meine Anmeldung zum Newsletter.",
    "Nehmt mich bitte aus dem Verteiler raus.",
    "Kein Interesse, bitte abmelden.",
    "Hören Sie auf, mir E-Mails zu schicken.",
    "Lassen Sie mich in Ruhe und schicken Sie mir nichts mehr.",
    "Bonjour,\n\nMerci de me désinscrire de votre liste.\n\nCordialement,\nLuc",
    "Merci de me désinscrire.",
    "Merci de ne plus m'envoyer de mails.",
    "Opt me out please",
    "I want off this list.",
    "Not interested, please remove me.",
    "Dejen de enviarme correos.",
    "Vi prego di cancellarmi dalla lista.",
    "Smettetela di mandarmi mail.",
    "Ik wil me uitschrijven voor de nieuwsbrief.",
    "Schrijf me alstublieft uit voor de nieuwsbrief.",
    "Gelieve mij te verwijderen uit uw bestand.",
    "Favor excluir meu e-mail.",
    "Proszę mnie wypisać z listy.",
    "Meld meg av.",
    "Veuillez me désabonner",
    "Je ne souhaite plus recevoir vos mails.",
    "Por favor, denme de baja.\n\nGracias",
    "Quiero darme de baja de su lista",
    "No quiero recibir más correos",
    "Baja",
    "Buongiorno,\nvorrei cancellarmi dalla vostra newsletter.\nGrazie",
    "Per favore cancellatemi dalla lista",
    "Graag uitschrijven",
    "Kunt u mij uit uw mailinglijst verwijderen?\n\nMet vriendelijke groet,\nJan",
    "Ik wil geen mails meer ontvangen",
    "Por favor, removam meu e-mail da lista.",
    "Não quero mais receber e-mails",
    "Quero cancelar a minha subscrição",
    "Hej,\n\nTa bort mig från er lista, tack.\n\nMvh\nEva",
    "Avregistrera mig",
    "Afmeld mig venligst",
    "Fjern mig fra jeres liste",
    "Vennligst meld meg av nyhetsbrevet",
    "Jeg ønsker ikke flere mails",
    "Poistakaa minut postituslistalta, kiitos.",
    "En halua enää sähköpostia",
    "Proszę o wypisanie mnie z newslettera.",
    "Proszę usunąć mnie z listy mailingowej.\nPozdrawiam",
    "Prosím, odhlaste mě z odběru.",
    "Dobrý den, prosím vyřaďte mě ze seznamu. Děkuji",
    "Le szeretnék iratkozni a hírlevélről.",
    "Kérem, töröljenek a listájukról",
    "Vă rog să mă dezabonați.",
    "Vă rog să mă ștergeți din lista de email",
    "Lütfen beni listenizden çıkarın.",
    "Aboneliğimi iptal edin lütfen",
    "Пожалуйста, отпишите меня от рассылки.",
    "Не присылайте мне больше писем",
    "Отписаться",
    "Будь ласка, відпишіть мене від розсилки",
    "Παρακαλώ διαγράψτε με από τη λίστα σας.",
    "配信を停止してください。",
    "メールの配信停止をお願いします",
    "请退订",
    "請取消訂閱",
    "不要再给我发邮件了",
    "수신거부",
    "구독 취소해 주세요",
    "إلغاء الاشتراك",
    "הסירו אותי מרשימת התפוצה בבקשה",
]

AND_MORE = [
    "Please unsubscribe me from the newsletter, but call me about the offer.",
    "Please unsubscribe me. We bought from a competitor.",
    "Bitte nehmen Sie mich aus dem Verteiler. Das Angebot können Sie mir trotzdem schicken.",
]

PRIVACY = [
    "Remove me from your database.",
    "GDPR: delete my data!",
    "Bitte löschen Sie alle meine Daten gemäß DSGVO.",
    "Supprimez mes données",
    "Stop emailing me or you will hear from my lawyer.",
    "Unsubscribe me or I will take legal action.",
    "Where did you get my email address?",
]

MENTION = [
    "How do I unsubscribe a user in your product?",
    "Can we send to our own mailing list with it?",
    "Our customers say they cannot unsubscribe, do you solve that?",
    "Could you remove me from the meeting on Friday?",
    "Please do not unsubscribe me",
]

NOTHING = [
    "Not interested.",
    "Danke, kein Interesse.",
    "Please!",
    "Ich melde mich ab Montag bei Ihnen.",
    "Bitte melden Sie mich ab Montag für das Seminar an.",
    "Bitte melden Sie mich von der Schulung am 5. ab.",
    "Melden Sie mich von allen Terminen ab",
    "Please opt me out of the webinar",
    "Ik meld me af voor de training van morgen.",
    "Meld mig af kurset",
    "Don't stop!",
    "Stop by on Monday",
    "Please stop. Actually, what does it cost?",
    "Yes",
    "Remove the second item from my order, please.",
    "Do not send the offer to Bob, send it to me.",
    "I do not want to wait, call me.",
    "Nehmen Sie Kreditkarten?",
    "Please cancel my order",
    "I'm leaving the company list for you here.",
    "Take me through the price list",
    "Please send me emails",
    "ja",
    "Is your product GDPR compliant?",
    "Thanks",
    "Löschen",
    "How can I delete my data in your product?",
    *("Please!", "ASAP please", "Now", "Bitte sofort", "Per favore", "Graag", "Lütfen", "お願いします", "❤️"),
    *("Not interested", "Kein Interesse", "No thanks", "I am not interested. Stop by on Monday instead."),
    "No, and remove the second line of the quote.",
    "キャンセルしてください",
]

CASES = [
    *((text, OptOut.WHOLE) for text in WHOLE),
    *((text, OptOut.AND_MORE) for text in AND_MORE),
    *((text, OptOut.PRIVACY) for text in PRIVACY),
    *((text, OptOut.MENTION) for text in MENTION),
    *((text, OptOut.NOTHING) for text in NOTHING),
]


@pytest.mark.parametrize(("text", "asked"), CASES)
def test_what_is_asked_is_read_from_whole_sentences(text: str, asked: OptOut) -> None:
    assert read_opt_out(text, "Re: Hello") is asked


@pytest.mark.parametrize(
    ("text", "subject", "asked"),
    [
        ("", "Unsubscribe", OptOut.WHOLE),
        ("Thanks\nAna", "unsubscribe", OptOut.WHOLE),
        ("Yes", "unsubscribe", OptOut.MENTION),
        ("", "Re: Hello", OptOut.NOTHING),
        ("", "", OptOut.NOTHING),
        ("", "Re:", OptOut.NOTHING),
        ("", "Danke", OptOut.NOTHING),
        ("\n-- \nAna", "\U0001f44d", OptOut.NOTHING),
        ("Interesting, tell me more", "Re: Stop losing leads", OptOut.NOTHING),
    ],
)
def test_the_subject_counts_where_nothing_else_is_written(text: str, subject: str, asked: OptOut) -> None:
    assert read_opt_out(text, subject) is asked


def test_text_made_to_be_slow_is_read_in_time() -> None:
    begun = time.process_time()
    for made in ("unsubscribe me ", "from ", "stop sending ", "please ", "aus ", "a ", "remove me from your ", "de\n"):
        read_opt_out(made * 20_000, made * 2_000)
    assert time.process_time() - begun < 20
