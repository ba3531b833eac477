"""The words by which mail programs of many languages introduce what they quote. Pure data, and patterns made of it."""

import re

WROTE = (
    *("wrote", "writes", "said", "sent", "schrieb", "schrieben", "geschrieben", "a écrit", "nous a dit", "escribió"),
    *("ha scritto", "scritto", "schreef", "geschreven", "escreveu", "skrev", "skrifaði", "kirjoitti", "napisał"),
    *("napisał(a)", "napisała", "pisze", "napsal(a)", "napsal", "napsala", "napísal", "napísal(a)", "napísala"),
    *("ezt írta", "írta", "a scris", "yazdı", "şunu yazdı", "έγραψε", "написал", "написала", "написал(а)", "пишет"),
    *("написав", "написала", "пише", "написа", "je napisao", "napisao", "napisala", "je napisal(a)", "je napisal"),
    *("va escriure", "escrigué", "rašė", "parašė", "rakstīja", "kirjutas", "menulis", "đã viết", "đã ghi", "เขียนว่า"),
    *(
        "เขียน",
        "писал",
        "писала",
        "כתב/ה",
        "כתב",
        "כתבה",
        "كتب",
        "كتبت",
        "נכתב על ידי",
        "写道",
        "寫道",
        "写到",
        "님이 작성",
    ),
    *("작성", "님이 씀", "のメッセージ", "さんは書きました", "書きました", "wrote on"),
)
BEGINNINGS = (
    *("on", "at", "am", "um", "le", "el", "il", "em", "op", "den", "på", "w dniu", "dnia", "dne", "dňa"),
    *("in data", "in message", "pada", "vào", "în data de", "la data", "pe", "στις", "em data de", "za", "lør"),
    *("søn", "man", "tir", "ons", "tor", "fre", "ma", "di", "wo", "do", "vr", "zo", "în", "date", "vào lúc"),
    *(
        "ב",
        "בתאריך",
        "في",
        "在",
        "于",
        "於",
        "quoting",
        "zitat von",
        "citando",
        "citerar",
        "selon",
        "mensaje citado por",
    ),
)
ORIGINAL = (
    *("original message", "reply message", "originalnachricht", "original-nachricht", "ursprüngliche nachricht"),
    *("antwort nachricht", "message d'origine", "message original", "message d’origine", "mensaje original"),
    *("messaggio originale", "oorspronkelijk bericht", "mensagem original", "ursprungligt meddelande"),
    *("originalmeddelande", "oprindelig meddelelse", "oprindelig besked", "opprinnelig melding"),
    *("alkuperäinen viesti", "wiadomość oryginalna", "oryginalna wiadomość", "původní zpráva", "původní e-mail"),
    *("pôvodná správa", "eredeti üzenet", "mesaj original", "mesajul original", "orijinal mesaj", "özgün ileti"),
    *("исходное сообщение", "оригінальне повідомлення", "вихідне повідомлення", "αρχικό μήνυμα", "original"),
    *(
        "元のメッセージ",
        "original appointment",
        "원본 메시지",
        "원본 메일",
        "원본 이메일",
        "原始邮件",
        "原始郵件",
        "邮件原件",
    ),
    *("原始信件", "原邮件", "הודעה מקורית", "ההודעה המקורית", "الرسالة الأصلية", "pesan asli", "tin nhắn gốc"),
)
FORWARDED = (
    *("forwarded message", "weitergeleitete nachricht", "message transféré", "message transmis", "mensaje reenviado"),
    *("messaggio inoltrato", "doorgestuurd bericht", "mensagem encaminhada", "vidarebefordrat meddelande"),
    *("videresendt meddelelse", "videresendt besked", "videresendt melding", "välitetty viesti", "edelleenlähetetty"),
    *("wiadomość przekazana", "przekazana wiadomość", "przesłana wiadomość", "přeposlaná zpráva", "továbbított üzenet"),
    *("mesaj redirecționat", "yönlendirilmiş mesaj", "yönlendirilen ileti", "пересылаемое сообщение"),
    *("пересылаемое письмо", "переслане повідомлення", "προωθημένο μήνυμα", "転送されたメッセージ", "転送メッセージ"),
    *("전달된 메시지", "전달된 메일", "转发的邮件", "轉寄的郵件", "转发邮件", "הודעה שהועברה", "رسالة معاد توجيهها"),
)
BEGIN_FORWARDED = (
    *("begin forwarded message", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail"),
    *("début du message réexpédié", "début du message transféré", "inicio del mensaje reenviado"),
    *("inizio messaggio inoltrato", "begin doorgestuurd bericht", "início da mensagem reencaminhada"),
    *("início da mensagem encaminhada", "vidarebefordrat brev", "start på videresendt besked"),
    *("videresendt melding", "välitetty viesti alkaa", "początek przekazywanej wiadomości"),
    *("начало переадресованного сообщения", "転送されたメッセージ", "전달된 메시지 시작", "下面是被转发的邮件"),
)
FORWARD_PREFIX = re.compile(
    r"^\s*(fwd?|wg|tr|rv|enc|i|vs|vb|doorst|fs|pd|továbbítás|ynt ile|ilt|iletilen|пересл|转发|轉寄|転送|전달|הועבר|πρθ)"
    r"\s*[:\uff1a]",
    re.IGNORECASE,
)
"""How the subject of a forwarded mail begins."""

# The fields of the block that Outlook and others put above what they quote, by what they say.
FIELD_WORDS: dict[str, tuple[str, ...]] = {
    "from": (
        *("from", "von", "de", "da", "van", "från", "fra", "lähettäjä", "od", "feladó", "de la", "kimden", "gönderen"),
        *(
            "от",
            "від",
            "από",
            "差出人",
            "送信者",
            "보낸 사람",
            "보낸사람",
            "发件人",
            "寄件者",
            "寄件人",
            "expéditeur",
            "מאת",
        ),
        *(
            "من",
            "mittente",
            "remitente",
            "remetente",
            "avsändare",
            "nadawca",
            "odesílatel",
            "odosielateľ",
            "отправитель",
        ),
        *("reply-to", "dari", "từ", "frå", "lähettänyt"),
    ),
    "date": (
        *("sent", "date", "gesendet", "datum", "envoyé", "envoyé le", "message du", "enviado", "enviado el", "fecha"),
        *(
            "inviato",
            "data",
            "verzonden",
            "enviada em",
            "enviado em",
            "skickat",
            "sendt",
            "dato",
            "lähetetty",
            "päiväys",
        ),
        *("wysłano", "wysłane", "odesláno", "odoslané", "elküldve", "küldve", "dátum", "trimis", "gönderilme", "tarih"),
        *(
            "gönderildi",
            "отправлено",
            "дата",
            "надіслано",
            "στάλθηκε",
            "ημερομηνία",
            "送信日時",
            "日時",
            "보낸 날짜",
            "날짜",
        ),
        *(
            "发送时间",
            "发送日期",
            "寄件日期",
            "日期",
            "時間",
            "נשלח",
            "תאריך",
            "تاريخ",
            "أرسلت",
            "تم الإرسال",
            "enviat",
        ),
        *("dikirim", "tanggal", "le", "sent at", "päivämäärä", "время"),
    ),
    "to": (
        *("to", "an", "à", "a", "para", "aan", "till", "til", "vastaanottaja", "do", "komu", "címzett", "către"),
        *(
            "kime",
            "alıcı",
            "кому",
            "προς",
            "宛先",
            "받는 사람",
            "받는사람",
            "收件人",
            "收件者",
            "אל",
            "إلى",
            "destinataire",
        ),
        *("destinatario", "destinatário", "ontvanger", "adresat", "pro", "catre", "kepada", "đến"),
    ),
    "cc": (
        *(
            "cc",
            "kopie",
            "copie",
            "copie à",
            "copia",
            "kopia",
            "kopi",
            "kopio",
            "dw",
            "másolatot kap",
            "bilgi",
            "копия",
        ),
        *("копія", "κοιν", "참조", "抄送", "副本", "עותק", "نسخة", "cópia", "måsolat"),
    ),
    "subject": (
        *("subject", "betreff", "objet", "sujet", "asunto", "oggetto", "onderwerp", "assunto", "ämne", "emne", "aihe"),
        *(
            "temat",
            "předmět",
            "predmet",
            "tárgy",
            "subiect",
            "konu",
            "тема",
            "θέμα",
            "件名",
            "제목",
            "主题",
            "主旨",
            "נושא",
        ),
        *("الموضوع", "subjek", "perihal", "tiêu đề", "chủ đề", "assumpte"),
    ),
}
FIELDS = {word: field for field, words in FIELD_WORDS.items() for word in words}

SENT_FROM = re.compile(
    r"^[\s(<\[]*(\w+ from mobile$|sent (from|via|with|by|using)|get outlook|download outlook|get the outlook"
    r"|gesendet (von|mit)|von meinem"
    r"|outlook für|envoyé (de|depuis|à partir|via)|télécharger outlook|obtenir outlook|enviado (desde|do|de|con|via)"
    r"|obtener outlook|obter o outlook|inviato (da|dal|con)|scarica outlook|ottieni outlook|verzonden (vanaf|met|via)"
    r"|verstuurd (vanaf|met)|outlook (voor|for|per|pour|para|för|til) |skickat från|hämta outlook|sendt fra"
    r"|hent outlook"
    r"|lähetetty|hanki outlook|wysłane? z|pobierz outlook|odesláno z|získat outlook|odoslané z|küldve|az outlook"
    r"|trimis (de pe|din)|obțineți outlook|iphone['’]?\w*mdan gönderildi|.{2,20} gönderildi$|отправлено (с|из)"
    r"|надіслано з|στάλθηκε από|从我的|發自我的|发自我的|從我的|iphoneから送信|.{2,20}から送信$|나의 .{2,20}에서 보냄"
    r"|내 .{2,20}에서 보냄|נשלח מ|أُ?رسلت من|diese nachricht wurde von|from my )"
    r"((?![^\n]*[,;!?]\s)[^\n]{0,90}|[^\n]{0,60}(excuse|typo|brevity|tippfehler|brièveté|errores|erreurs)[^\n]{0,60})$",
    re.IGNORECASE,
)
"""A whole line that a telephone or a mail program puts under a mail."""


def _just_after(signs: str) -> str:
    """A pattern for a place with these signs before it, and at most three blanks between."""
    return rf"(?:(?<={signs})|(?<={signs}\s)|(?<={signs}\s\s)|(?<={signs}\s\s\s))"


def _any_of(words: tuple[str, ...]) -> str:
    """An alternation, the longest first, in which a space may be any white space."""
    ordered = sorted({re.escape(word) for word in words}, key=len, reverse=True)
    return "|".join(ordered).replace("\\ ", r"\s{1,3}")


VERB = re.compile(rf"(?<![^\W\d_])({_any_of(WROTE)})(?![^\W\d_])", re.IGNORECASE)
VERB_OF_CJK = re.compile(r"写道|寫道|写到|님이|のメッセージ|書きました|เขียน")
ENDS_BY_VERB = re.compile(rf"({_any_of(WROTE)})\s*([:\uff1a]\s*|-{{2,}}\s*)?[-*>\])]*$", re.IGNORECASE)
BEGINNING = re.compile(rf"^[\W_]*({_any_of(BEGINNINGS)})(?![^\W\d_])", re.IGNORECASE)
# All signs before the words are taken at once and then looked back at: trying each split of a line of ten thousand
# hyphens would take for ever.
ORIGINAL_LINE = re.compile(
    rf"^[\W_]*+{_just_after('[-_*=]{2}')}({_any_of(ORIGINAL)})(?=\s{{0,3}}[-_*=]{{2}})[\W_]*+$", re.IGNORECASE
)
FORWARDED_LINE = re.compile(
    rf"^[\W_]*+({_just_after('--')}({_any_of(FORWARDED)})(?=\s{{0,3}}--)[\W_]*+"
    rf"|({_any_of(BEGIN_FORWARDED)})\s*[:\uff1a])$",
    re.IGNORECASE,
)
