"""The words of automatic answers and of notes of absence, in the languages of our readers. Pure patterns.

All are compared folded: without case, accents and punctuation.
"""

from models.mail.inbound.folding import pattern

AUTOMATIC_SUBJECT = pattern(
    r"(automatic|automated|auto) ?(reply|response|answer)|autoreply|autoresponse|auto respons\w*|autorespons\w*"
    r"|autoresponder"
    r"|out of (the )?office( auto ?reply| reply| notification| message| response)?|ooo|vacation (reply|response"
    r"|message|notice)"
    r"|away from (the|my) (office|desk)|absence (note|notice|message)|on (vacation|annual leave|holiday) (reply"
    r"|notice)",
    r"abwesenheits(notiz|nachricht|meldung|assistent|info)|automatische (antwort|rückantwort|abwesenheitsnotiz)"
    r"|abwesenheit"
    r"|(ich bin )?(derzeit |aktuell )?(außer haus|nicht im büro|nicht im haus|im urlaub)|urlaubsnotiz|auto antwort",
    r"réponse automatique|message automatique|(message d )?absence du bureau|absent(e)? du bureau"
    r"|notification d absence"
    r"|message d absence|réponse d absence|en congés?",
    r"respuesta automática|mensaje automático|fuera de (la )?oficina|ausente de la oficina|ausencia"
    r"|contestación automática",
    r"risposta automatica|messaggio automatico|fuori (sede|ufficio)|assente dall ufficio|assenza",
    r"automatisch (antwoord|bericht)|automatische (reactie|beantwoording)|afwezig(heid(sbericht|smelding|sassistent)?)?"
    r"|niet aanwezig|buiten kantoor",
    r"resposta automática|mensagem automática|fora do (escritório|gabinete)|ausência temporária|ausente do escritório",
    r"autosvar|automatiskt svar|automatisk svar|frånvaro(meddelande)?|ej på kontoret|fraværs(besked|assistent|melding)?"
    r"|fravær|ikke på kontoret|automatisk besvarelse|ute av kontoret",
    r"automaattinen vastaus|automaattivastaus|poissaoloilmoitus|poissa toimistosta|poissa",
    r"odpowiedź automatyczna|automatyczna odpowiedź|autoodpowiedź|nieobecno\w+( w biurze)?|poza biurem",
    r"automatická (odpověď|odpoveď)|nepřítomnost|mimo kancelář|nie som v kancelárii",
    r"automatikus válasz|házon kívül|szabadságon|távollét",
    r"răspuns automat|în afara biroului|absent din birou|absență",
    r"otomatik (yanıt|cevap)|ofis dışında(yım)?|ofis dışı",
    r"автоматический ответ|автоответ(чик)?|автоматическое (сообщение|уведомление)|отсутстви[ея] (на работе|в офисе)"
    r"|вне офиса|я в отпуске|нет на месте",
    r"автоматична відповідь|автовідповідь|поза офісом|відсутн\w+ (на роботі|в офісі)",
    r"αυτόματη απάντηση|εκτός γραφείου|απουσία",
    "自動応答|自動返信|不在通知|不在のお知らせ|休暇(の|中の)?(お知らせ|連絡)|外出中",
    "自动(回复|答复|应答)|自動(回覆|回復|答覆)|外出(通知|自動回覆)?|不在办公室|不在辦公室|休假中?",
    r"자동\s?(회신|응답|답장)|부재\s?중(\s?(자동\s?)?(응답|회신|알림))?|휴가\s?중",
    r"رد تلقائي|الرد التلقائي|خارج المكتب|رد آلي",
    r"תשובה אוטומטית|מענה אוטומטי|מחוץ למשרד|הודעת היעדרות",
)
"""How the subject of an automatic answer begins; a mark, the end, or how long follows."""

UNTIL = pattern(
    r"\s*(until|till|thru|through|from|bis|vom|von|ab|jusqu|du|hasta|del|fino|dal|tot|van|até|de|till|til|från|fra|do"
    r"|od|saakka"
    r"|asti|\d|с|до|по|з|έως|από|au|al)\b"
)
"""What may stand after a note of absence in a subject: how long."""

ABSENT = pattern(
    # English
    r"\b(i m|i am|im|i will be|i ll be|we are|we will be|currently"
    r"|you have reached me while i am)( \w+){0,3} (out of (the )?office"
    r"|ooo|away|on (annual |sick |parental |maternity |paternity |extended |medical )?(leave|vacation|holidays?|pto"
    r"|a business trip|sabbatical)|travell?ing|unavailable|off work|off sick|not in the office|not available"
    r"|out on (\w+ )?leave|on my honeymoon|at a conference|closed|offline)\b",
    r"^(out of (the )?office|ooo|away|on vacation|on holiday|on leave|annual leave)\b|\boffice (is|will be) closed\b"
    r"|\b(have|has) left the (company|organi[sz]ation|firm)\b|no longer (work|working|employed|with)\b",
    # German
    r"\b(ich|wir|bin|sind|befinde|befinden)\b.{0,60}\b(nicht im (büro|haus|hause|office)|abwesend|außer haus"
    r"|im urlaub|in elternzeit"
    r"|auf (dienst)?reise|im mutterschutz|krank|nicht erreichbar|nicht am arbeitsplatz|nicht verfügbar|unterwegs"
    r"|betriebsurlaub"
    r"|geschlossen)\b|\b(büro|betrieb|geschäft)\b.{0,40}\bgeschlossen\b|nicht mehr (für|bei|im unternehmen)\b",
    # French
    r"\b(je (suis|serai)|nous (sommes|serons)|actuellement)\b.{0,40}\b(absente?s?|en (congés?|vacances|déplacement"
    r"|arrêt|formation"
    r"|rtt)|indisponible|hors du bureau|pas au bureau)\b|\bbureaux? (sera|seront|est|sont)( \w+){0,2} fermés?\b",
    # Spanish
    r"\b(estoy|estaré|me encuentro|me encontraré|estamos|estaremos|actualmente)\b.{0,40}\b(fuera de (la|mi) oficina"
    r"|ausente|de (vacaciones|viaje|baja|permiso)|no disponible|sin acceso|en vacaciones)\b|\bno estaré disponible\b",
    # Italian
    r"\b(sono|sarò|mi trovo|siamo|saremo|attualmente)\b.{0,40}\b(assente|assenti|fuori (sede|ufficio)|in (ferie"
    r"|vacanza|viaggio"
    r"|trasferta|malattia|maternità)|non (disponibile|raggiungibile))\b",
    # Dutch
    r"\b(ik|wij|we)\b.{0,60}\b(afwezig|niet aanwezig|niet op kantoor|met (vakantie|verlof)|op vakantie|vrij(?! om)"
    r"|niet bereikbaar"
    r"|buiten kantoor|ziek)\b|\bben ik (vrij(?! om)|afwezig|niet)\b|\bkantoor\b.{0,30}\bgesloten\b",
    # Portuguese
    r"\b(estou|estarei|encontro me|me encontro|estamos|estaremos|atualmente)\b.{0,40}\b(ausente|fora do (escritório"
    r"|gabinete)"
    r"|de (férias|licença|folga|baixa)|em (viagem|férias)|indisponível|sem acesso)\b",
    # Swedish, Danish, Norwegian, Finnish
    r"\b(jag|jeg|vi)\b.{0,50}\b(inte på kontoret|ej på kontoret|semester|tjänstledig|föräldraledig|sjukskriven|ledig"
    r"|ikke på kontoret|på (ferie|reise|rejse|barsel|farten)|fraværende|frånvarande|ikke til stede|ute av kontoret"
    r"|bortrest"
    r"|borte|bortreist|fri)\b",
    r"\b(olen|olemme)\b.{0,40}\b(poissa|lomalla|vapaalla|matkalla|vanhempainvapaalla|sairauslomalla"
    r"|poissa toimistosta)\b",
    # Polish, Czech, Slovak
    r"\b(jestem|będę|przebywam|obecnie)\b.{0,40}\b(nieobecn\w+|na urlopie|poza biurem|na zwolnieniu|na delegacji"
    r"|niedostępn\w+"
    r"|w delegacji)\b|\bw biurze mnie nie\b",
    r"\b(jsem|budu|nejsem|nebudu|som|budem)\b.{0,40}\b(nepřítom\w+|neprítom\w+|mimo kancelář|na dovolené|na dovolenke"
    r"|v kanceláři"
    r"|na služební cestě|nedostupn\w+)\b|\bčerpám dovolenou\b|\bmám dovolenou\b",
    # Hungarian, Romanian, Turkish
    r"\b(szabadságon|házon kívül|nem vagyok (az irodában|elérhető)|távol vagyok|nem leszek (az irodában|elérhető))\b",
    r"\b(sunt|voi fi|mă aflu|suntem|momentan)\b.{0,40}\b(în (concediu|afara biroului|vacanță|deplasare)|plecat\w*"
    r"|indisponibil\w*"
    r"|absent\w*)\b",
    r"\b(ofis dışında|izinde|izinli|yıllık izin\w*|tatilde|ofiste (değilim|olmayacağım)|seyahatte)\w*\b",
    # Russian, Ukrainian, Greek
    r"\b(я|буду|нахожусь|нахожуся|мы|сейчас|временно)\b.{0,40}\b(в отпуске|вне офиса|отсутств\w+|в командировке"
    r"|не в офисе"
    r"|на больничном|недоступ\w+|в декрете)\b|\bменя (нет|не будет)\b.{0,30}",
    r"\b(я|буду|перебуваю|зараз|тимчасово)\b.{0,40}\b(у відпустці|поза офісом|відсут\w+|у відрядженні|не в офісі"
    r"|на лікарняному)\b",
    r"\b(είμαι|θα είμαι|βρίσκομαι|απουσιάζω|θα απουσιάζω|λείπω|θα λείψω)\b.{0,40}\b(εκτός|σε άδεια|διακοπές|γραφείου"
    r"|έως|από"
    r"|μέχρι|γραφείο)\b",
    # Arabic, Hebrew
    r"(أنا|انا|سأكون|ساكون|حاليا|نحن).{0,40}(خارج المكتب|في إجازة|في اجازة|غير متواجد|غير متاح|مسافر)",
    r"(אני|אהיה|נמצא|נמצאת).{0,40}(בחופש|בחופשה|מחוץ למשרד|לא (זמין|זמינה|במשרד)|בחל ד|בחופשת|נעדר)",
    # Japanese, Chinese, Korean
    "(休暇|夏季休業|年末年始休業|出張|不在|外出|休業|休み|育休|産休).{0,12}(中|し|で|と|を|のため|いただ|頂|に)",
    "(我|本人|目前|现在|現在|公司).{0,20}(不在(办公室|辦公室|公司|座位)?|休假|出差|外出|度假|放假|请假|請假|年假|产假)",
    r"(휴가|출장|부재|외근|육아\s?휴직|연차|휴무)\s?(중|으로|이라|로|입니다|를)|자리를\s?비",
)
"""Somebody is away."""

NOTICE = pattern(
    # English
    r"\b(limited|no|intermittent|sporadic|restricted|little|infrequent) (access|connectivity)\b"
    r"|access to (my )?e ?mails?\b"
    r"|\b(return|returning|back|be back|resume)\b.{0,40}\b(office|work|on|monday|tuesday|wednesday|thursday|friday"
    r"|\d+\w*"
    r"|january|february|march|april|may|june|july|august|september|october|november|december|next week|desk|then"
    r"|soon)\b"
    r"|\b(respond|reply|answer|get back|attend|read|review|follow up)\b.{0,60}\b(return|back|possible|soon|then|delay"
    r"|monday|slow"
    r"|convenience)\b|\b(urgent|immediate|emergency|emergencies|urgency|urgently|pressing|in my absence|assistance)\b"
    r"|\bplease (contact|call|reach out|email|e mail|direct|speak|forward|get in touch|refer)\b|\bthank(s"
    r"| you) for (your|the|getting|"
    r"contacting|writing|reaching)\b|\bapolog(i[sz]e|ies)\b.{0,60}|\b(delay|delayed|slow)\b.{0,30}\b(response|reply"
    r"|replies|replying)\b"
    r"|\b(e ?mail|message|mail|inbox)s?\b.{0,40}\b(not be (read|forwarded|monitored)|been received|forwarded|deleted)\b"
    r"|\b(automated|automatic|auto) (reply|response|message|e ?mail|answer)\b|\bhave a (nice|great|good|lovely)\b",
    # German
    r"\b(ab|am|wieder|zurück)\b.{0,40}\b(erreichbar|zurück|da|im büro|im haus|verfügbar|zur verfügung|für sie da)\b"
    r"|\b(nach|bei) meiner (rückkehr|rückkunft)\b|\b(dringend\w*|eilig\w*|notf\w+|unaufschiebbar\w*)\b"
    r"|\bwenden sie sich\b|\b(kontaktieren|kontakt|vertret\w+|vertritt)\b|\b(vielen )?dank für ihre?\b"
    r"|\bnicht (weitergeleitet|gelesen|bearbeitet|beantwortet)\b|\b(kein\w*|eingeschränkt\w*|begrenzt\w*) zugriff\b"
    r"|\b(antworte|beantworte\w*|melde|melden|bearbeite\w*)\b.{0,60}\b(rückkehr|schnellstmöglich|zurück|danach|bald"
    r"|sobald"
    r"|anschließend|nachricht|mail|ihnen)\b|\bautomatische?r? (antwort|nachricht)\b|\bbis dahin\b",
    # French
    r"\b(de retour|retour|reviendrai|rentre)\b|\burgen(ce|t|te|ces)\b|\b(merci de|veuillez|vous pouvez) (contacter"
    r"|adresser|joindre"
    r"|vous adresser|appeler|écrire)\b|\bprendrai connaissance\b|\brépondrai\b|\baccès (limité|restreint|très limité)\b"
    r"|\bmerci (de|pour) votre\b|\b(votre (message|mail|e ?mail)) (ne sera|sera|a bien)\b|\b(réponse"
    r"|message) automatique\b"
    r"|\bcontacter\b",
    # Spanish
    r"\b(regreso|regresaré|volveré|vuelvo|me reincorporo|reincorporaré|retorno|hasta el)\b|\burgen(te|cia|cias|tes)\b"
    r"|\b(contactar?|contacte|póngase en contacto|comuníquese|comunicarse|diríjase|escriba)\b|\bresponderé\b"
    r"|\bacceso (limitado"
    r"|restringido)\b|\bgracias por (su|tu|el)\b|\b(respuesta|mensaje) automátic\w\b",
    # Italian
    r"\b(rientro|rientrerò|tornerò|di ritorno|fino al|dal giorno)\b|\burgen(te|za|ze|ti)\b|\b(contattare|rivolgersi"
    r"|scrivere a"
    r"|potete contattare)\b|\brisponderò\b|\baccesso limitato\b|\bgrazie per (il|la|aver|avermi)\b|\b(risposta"
    r"|messaggio) automatic\w\b",
    # Dutch
    r"\b(terug|weer aanwezig|weer bereikbaar|weer op kantoor|tot en met)\b|\b(dringend|spoed|urgent|dringende)\w*\b"
    r"|\b(contact opnemen"
    r"|neem contact op|contact op met|kunt u zich wenden|bereiken via|mailen naar|bellen met)\b|\bbeantwoord\w*\b"
    r"|\bbedankt voor (uw|je)\b"
    r"|\bdank voor (uw|je)\b|\bniet (doorgestuurd|gelezen)\b|\bbeperkt(e)? toegang\b|\bautomatisch (antwoord"
    r"|bericht)\b",
    # Portuguese
    r"\b(regresso|retorno|retornarei|regressarei|voltarei|volto|de volta|até (ao|o) dia)\b|\burg[eê]n(te|cia|tes"
    r"|cias)\b"
    r"|\b(contactar?|contacte|contatar|contate|entre em contato|entrar em contato|contato com)\b|\bresponderei\b"
    r"|\bacesso limitado\b"
    r"|\bobrigad[oa] (pelo|pela|por)\b|\b(resposta|mensagem) automática\b",
    # Nordic
    r"\b(åter|tillbaka|tilbage|tilbake|retur)\b|\b(brådskande|akut|akutte|haster|hastesaker|presserende|vid behov)\b"
    r"|\b(kontakta|kontakt"
    r"|kontakte|hör av dig till|vänligen ring|henvend)\b|\btack för (ditt|er|din)\b|\btak for (din|jeres)\b"
    r"|\btakk for (din|e posten|deres)\b"
    r"|\bbegrän\w+ (tillgång|åtkomst)\b|\bbegrænset adgang\b|\bsvarar\b|\bsvarer\b|\b(autosvar|automatiskt? svar)\b",
    r"\b(palaan|takaisin|tavoitettavissa|paikalla)\b|\b(kiireellis\w+|kiireisiss\w+|kiireisis\w+)\b|\b(yhteyttä"
    r"|ottakaa yhteys|voitte ottaa)\b"
    r"|\bvastaan\b|\bkiitos (viestistä\w+|sähköpostista\w*|yhteydenotosta\w*)\b",
    # Polish, Czech, Hungarian, Romanian, Turkish
    r"\b(wracam|powrót|powrocie|powrotu|wrócę|będę dostępn\w+)\b|\b(piln\w+)\b|\b(kontakt|kontaktować"
    r"|proszę o kontakt)\b|\bodpowiem\b"
    r"|\bdziękuję za\b|\bograniczony dostęp\b",
    r"\b(zpět|vrátím|vracím|návrat\w*|opět|späť)\b|\b(naléhav\w+|urgentn\w+|neodkladn\w+|spěch\w*)\b|\b(kontaktujte"
    r"|obraťte|obracejte)\b"
    r"|\bodpovím\b|\bděkuji za\b",
    r"\b(visszatér\w+|visszaérkez\w+|vissza|ismét elérhető)\b|\bsürgős\w*\b|\b(keresse|forduljon|kérem keressék"
    r"|hívja)\b|\bválaszol\w+\b"
    r"|\bköszönöm (levelét|üzenetét|megkeresését)\b",
    r"\b(revin|reveni|voi reveni|mă întorc|înapoi|până (pe|la|în))\b|\burgen(te|ț\w+|tă)\b|\b(contactați"
    r"|puteți contacta|adresați)\b"
    r"|\bvoi răspunde\b|\bmulțumesc pentru\b|\bacces limitat\b",
    r"\b(dön\w+|tarihine kadar|tarihinde|döndüğümde)\b|\b(acil\w*)\b|\b(iletişime|ulaşabilir\w*|irtibat\w*|iletişim)\b"
    r"|\bcevap\w*\b|\byanıt\w*\b|\b(e posta|mail|mesaj)ınız için teşekkür\w*\b",
    # Russian, Ukrainian, Greek
    r"\b(вернусь|возвращ\w+|вернуть\w*|буду (снова )?(доступ\w+|на связи|в офисе)|до \d+)\b|\b(срочн\w+)\b"
    r"|\b(обращайтесь|обратитесь|свяжитесь"
    r"|связаться|пишите|звоните)\b|\bотвечу\b|\bспасибо за\b|\bограничен\w* доступ\b|\bпо возвращении\b",
    r"\b(повернусь|повернен\w+|буду (знову )?(доступ\w+|на зв))\b|\b(термінов\w+)\b|\b(звертайтеся|зверніться"
    r"|зв яжіться)\b|\bвідповім\b"
    r"|\bдякую за\b",
    r"\b(επιστρέφω|επιστροφή\w*|επιστρέψω|επανέλθω|επανέρχομαι)\b|\b(επείγον\w*|επείγου\w*)\b|\b(επικοινωνήσ\w+"
    r"|απευθυνθ\w+|παρακαλώ καλέστε)\b"
    r"|\bαπαντήσω\b|\bευχαριστώ για\b|\bπεριορισμένη πρόσβαση\b",
    # Arabic, Hebrew
    r"(سأعود|ساعود|العودة|عودتي|حتى)|(عاجل\w*|الطارئة|للضرورة)|(التواصل|الاتصال|يرجى)|(سأرد|سارد)|شكرا (ل|على)",
    r"(אחזור|אשוב|חוזר|בחזרה|שובי)|(דחוף|דחופים|דחופה)|(לפנות|פנו|ליצור קשר|צרו קשר|נא)|(אענה|אשיב)|תודה (על|שפנית)",
    # Japanese, Chinese, Korean
    "(まで|より|から).{0,20}(です|ます|ません|出社|対応|戻り)|(緊急|お急ぎ|急ぎ)|(ご連絡|連絡|お問い合わせ)|(返信|ご返事|返答|対応)|(ありがとう|恐れ入り|申し訳|ご迷惑)",
    "(返回|回来|回來|回到|恢复|恢復|期间|期間|直到|之前|之后|之後)|(紧急|緊急|急事)|(联系|聯繫|聯絡|联络|拨打|致电)|(回复|回覆|答复|處理|处理)|(谢谢|謝謝|感谢|感謝)",
    r"(복귀|돌아|까지|부터|이후)|(긴급|급한|급하신)|(연락|문의)|(회신|답변|답장)|(감사|양해|죄송)",
)
"""What notes of absence say beside that: until when, whom to ask meanwhile, that an answer comes later."""

AUTOMATIC_TEXT = pattern(
    r"\bthis is an? (automatic|automated|auto( generated)?|system generated|automatically generated) (reply|response"
    r"|message|e ?mail|answer"
    r"|notification|acknowledge?ment|confirmation)\b|\b(automatically generated|auto generated) (message|e ?mail"
    r"|reply|response)\b"
    r"|\bdies ist eine automatisch\w* (\w+ )?(antwort|nachricht|mail|e ?mail|mitteilung)\b|\bautomatisch (generiert"
    r"|erzeugt|erstellt)e\w* (nachricht"
    r"|antwort|e ?mail|mail)\b|\bceci est (un|une) (message|réponse|courriel|e ?mail) automatique\b|\b(este es un"
    r"|éste es un) (mensaje|correo)"
    r" (automático|generado automáticamente)\b|\bquest[ao] è un[ao]? (messaggio|risposta|e ?mail) automatic[ao]\b"
    r"|\bdit is een automatisch\w*"
    r" (\w+ )?(bericht|antwoord|e ?mail)\b|\b(esta é uma|este é um) (mensagem|resposta|e ?mail) automátic[ao]\b"
    r"|\b(detta är ett|dette er et"
    r"|det här är ett) automatisk\w* (svar|meddelande|besked)\b|\bэто автоматическ\w+ (ответ|сообщение|письмо)\b"
    r"|\bto jest (automatyczna|wiadomość wygenerowana automatycznie)\b|\btoto je automatick\w+\b"
)
"""A text says itself that a program sends it."""

ASKS_SOMETHING = pattern(
    r"^(ja|si|sí|sì|sim|oui|da|да)\b|\b(yes|yep|sure|would (like|love)|i d like|we d like|want to|visit|meet|meeting"
    r"|talk|speak|introduce|send (me|us|the|it|over)|call me|ring me|give me a call|interested|quote|offer|price|(an"
    r"|the|our|my) order|buy|purchase|let s|lets|let us"
    r"|sounds good"
    r"|go ahead|deal|demo|contract|invoice|proposal|schicken sie|senden sie mir|rufen sie|angebot|preis|bestell\w*"
    r"|interessiert|envoyez"
    r"|(r)?appelez moi|je (veux|voudrais|souhaite|souhaiterais)|vorrei|vorremmo|quiero|quisiera|queremos"
    r"|devis|offre|prix|commande|envíe\w*|llámeme|oferta|precio|pedido|interesad\w|mandatemi|chiamatemi"
    r"|offerta|prezzo|ordine"
    r"|stuur|bel mij|offerte|prijs|envie|ligue|proposta|preço|pošlete|wyślij|ofert\w|cen\w|отправьте|пришлите|цена"
    r"|предложение)\b"
)
"""What somebody says who wants something: no note of absence, even if they are away."""
