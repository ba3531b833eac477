"""Words of mail servers about what they refuse, by what they mean. In lower case, with `<>` for addresses.

Gathered from the manuals of providers and servers, and from reports that they send.
"""

import re


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{phrase})" for phrase in phrases))


SENDER_REFUSED = _any(
    # SPF, DKIM, DMARC
    r"\bspf\b",
    r"sender policy framework",
    r"\bdkim\b",
    r"\bdmarc\b",
    r"\bsender[- ]id (?:fail|check)",
    r"(?:un)?authenticated (?:e-?mail|senders?|messages?)",
    r"not (?:authenticated|signed)\b",
    r"senders? to authenticate",
    r"authentication (?:checks?|required|fail|credentials|information)",
    r"(?:requires?|need|without) (?:smtp )?(?:authentication|to be authenticated)",
    r"authentification (?:requise|invalide)",
    r"client was not authenticated",
    r"don.t authenticate",
    r"\bnot authorized to (?:send|use|relay)|not authorised to (?:send|use|relay)",
    r"not allowed to send",
    r"(?:is )?not permitted (?:to send|sender)",
    r"invalid ip for sending",
    # the sender's address and domain
    r"sender (?:e-?mail )?(?:address |domain |mailbox )?(?:was |has been |is )?(?:rejected|refused|denied"
    r"|invalid|unknown"
    r"|blacklisted|blocked|not (?:allowed|accepted|found|exist|verified|valid)|verif|unverified|does not exist|listed)",
    r"(?:verify|validate) (?:the )?sender|verification failed|sender (?:is )?(?:in my black|spammer)",
    r"(?:invalid|unknown|bad|bogus|unroutable|unrouteable|banned|bad outbound|unverified) (?:sender|mail from"
    r"|return path)",
    r"(?:domain|address) of (?:the )?sender|sender.s (?:domain|address)|sending domain",
    r"(?:domain|mx records?) (?:name )?(?:for|of|in) (?:the )?sender",
    r"emetteur (?:invalide|refus|inconnu)",
    r"envelope (?:sender|blocked|rejected)",
    r"(?:from|mail from)(?: address|:)?[^a-z0-9]{0,6}(?:is |was )?(?:rejected|refused|denied|not owned)",
    r"mail from not owned|cannot send mail as|send as denied|sendasdenied",
    r"purported responsible",
    r"fully[- ]qualified (?:email|sender)|not (?:a )?fully[- ]qualified sender",
    r"in reply to (?:mail from|ehlo|helo)|after mail from|after initial connection"
    r"|did not like our (?:mail from|ehlo|helo)",
    # blocklists and reputation
    r"black ?-?list|block ?-?list|deny ?-?list|blocklisted|\brbls?\b|\bdnsbl|\bdrbl\b|\buribl\b",
    r"spamhaus|spamcop|barracudacentral|sorbs|abuseat|uceprotect|surbl|invaluement|cloudmark|senderscore|senderbase"
    r"|truncate\.gbudb|backscatterer|njabl|dsbl|proofpoint\.com/dnsbl|ipremoval|sender\.office\.com|cleantalk",
    r"reputation",
    r"(?:banned|bad|suspected spam|blocked|poor|suspicious) (?:sending |sender )?ip\b",
    r"bad ip profile|reputationseverity",
    r"\bips? (?:address(?:es)? )?(?:\S{1,60} )?(?:is |are |was |has been |have been )?(?:blocked|banned|rejected|listed"
    r"|not allowed|refused|denied)",
    r"from your (?:ip|network|server|host|domain)",
    r"your (?:ip|server|network|remotehost|host|mail server|domain)(?: address)? (?:\S{1,60} )?(?:is|has been"
    r"|was|looks)\b",
    r"(?:has|have) (?:been )?sent (?:to )?too many|too many recipients|blocked for abuse|blocked by ldap",
    r"e2110|from: domain is invalid|mail-?from",
    r"client host (?:\S{1,80} )?(?:rejected|blocked|refused|not)",
    r"(?:blocked|rejected|refused|denied) (?:using|by|due to|because of) \S{0,60} ?(?:rbl|bl\b|list)",
    r"(?:dynamic|generic|residential) (?:ip|dns|ptr)|open (?:relay|proxy)",
    r"(?<!not )listed (?:in|at|on|by) ",
    r"\blisting in \S{0,30}(?:spam|block|rbl)",
    r"banned send",
    r"abus detecte|service refus",
    r"too many (?:unwanted messages|spams?) ",
    r"sending spam|spam source|snowshoe|spammer",
    # reverse DNS and greeting
    r"reverse[- ](?:dns|lookup)|\brdns\b|\bptr\b|cannot find your (?:reverse )?hostname|no matches to nameserver",
    r"\b(?:helo|ehlo)\b",
    r"forward dns|name lookup failed|resolvable relay|unverifyable sending|mismatches client ip",
    # rate
    r"rate[- ]?limit|(?:frequency|connection|sessions?|messages?|mails?|emails?|sending|hourly|daily|recipients?)"
    r"(?: rate)? (?:limited|limit (?:exceeded|reached))",
    r"max(?:imum)? (?:emails|messages|mails) per|max message per connection|emails per hour|messages? per (?:hour|day)",
    r"(?:too many|too much|unusual rate of|excessive|exceed\w* the) (?:connections?|concurrent|simultaneous"
    r"|smtp sessions"
    r"|sessions|errors|requests|mail\b(?! data)|mails|emails|messages? from|volume|unsolicited)",
    r"trop de connexions|try again slower|throttl|excessive volume|unexpected volume|frequency",
    r"sending rate exceed|sending quota|message quota exceeded|daily (?:user )?sending|daily (?:message )?quota",
    # relay and account
    r"relay(?:ing)?(?: access| of mail| to \S{1,80})? ?(?:is |was )?(?:denied|not permitted|not allowed"
    r"|prohibited|refused"
    r"|not supported|forbidden)",
    r"(?:unable|not (?:allowed|permitted|authorized|configured)|refus\w+|deny\w*|cannot) (?:to )?relay",
    r"no relaying|we do not relay|insecure mail relay|as a relay|not a gateway|not an open relay|credentials for relay",
    r"list of allowed rcpthosts?",
    r"tenantattribution|account (?:not subscribed|suspended for sending)|not subscribed to ses",
    r"(?:your|this sending) account (?:is|has been) (?:disabled|suspended|blocked|limited|locked)",
    r"username and password|application-specific password|log ?in (?:with|through) your web browser",
    r"access denied,? (?:banned|bad|unregistered)|server access \S{0,80} ?forbidden",
    r"e-?mail address is not verified",
    r"you are not allowed to connect|host network,? not allowed",
    r"(?:starttls|tls|ssl|encryption) (?:is |are )?(?:required|needed)|require\w* (?:tls|starttls|ssl|encryption)",
    r"batv|backscatter|null sender|empty envelope sender|unsigned dsn",
    r"not accept\w* (?:any )?(?:mail|e-?mail|connections?|messages) from",
    r"spf\d?\b|\biprev\b|\bvalidation failure",
    r"发件人|发送方|频率|黑名单|黑名單",
    r"спам-?лист|ч[её]рн\w+ спис",
)
"""Us, or the way: authentication, blocklists, reputation, rate, relay, account."""

UNAVAILABLE = _any(
    # full
    r"\b(?:over|exceed\w*|exceeding|above|disk|mail|mailbox|storage|space|user) ?(?:its |the |their |his )?"
    r"(?:allowed |disk |mail |mailbox |storage |allocated )?(?:quota|space limit|storage limit)",
    r"quota (?:exceeded|violation|usage|full|is full|exceed|reached|limit)|overquota|quotaexceeded",
    r"\b(?:mailbox|inbox|mailfolder|maildir|mail ?box|account|user)(?: \S{1,60})?(?: is| was| has become| has been)? "
    r"(?:too )?full\b",
    r"full mailbox|mailboxfull|box is full",
    r"\b(?:insufficient|out of|not enough|no|not sufficient|does not have enough|exceed\w* (?:its |the )?(?:disk )?) ?"
    r"(?:system |disk |mailbox )?(?:storage|space|disk)\b",
    r"exceeded storage allocation|maximum allowed storage|mailbox size limit|mailbox exceeded the local limit",
    r"space has been used up|too much mail data|too many messages (?:on|in|stored)",
    r"exceed\w* receiving limits|not been collected after|mail file size exceeds",
    r"bo[iî]te (?:\S{1,30} ){0,3}pleine|bo[iî]te (?:aux lettres )?(?:du destinataire )?archiv",
    r"postfach (?:ist )?(?:voll|überfüllt)|speicherplatz|casella (?:\S{1,30} )?piena|buz[oó]n (?:\S{1,30} )?lleno"
    r"|caixa (?:\S{1,30} )?cheia|skrzynka (?:\S{1,30} )?(?:pełna|przepełniona)|ящик (?:\S{1,30} )?переполнен"
    r"|(?:квот|переполнен)|空间不足|容量不足|已满|容量|メールボックス(?:が|の容量が).{0,10}(?:一杯|いっぱい|超)",
    # closed for now
    r"\b(?:mailbox|account|user|recipient|address|email|it)(?: \S{1,60})?(?: is| was| has been| are)? (?:currently |"
    r"temporarily |temporary |temporarly )+(?:unavailable|suspended|disabled|locked|inactive|closed|rejected|blocked)?",
    r"temporar(?:il)?y (?:locked|suspended|inactive|unavailable|disabled|rejected|deferred|refused)|temporary (?:local"
    r"|failure|problem|error|lookup)",
    r"currently suspended|mailbox is frozen|(?:mailbox|user|account) (?:\S{1,60} )?(?:is |has been )?(?:frozen"
    r"|suspended)",
    r"receiving mail (?:too quickly|at a rate)",
    r"mailbox unavailable or access den",
    r"try (?:again )?later|try it again|please retry|try again in|retry later|veuillez essayer plus tard"
    r"|essayez plus tard",
    r"grey ?list|gray ?list|come back later",
    # its server
    r"timed? ?out|time-?out|no response|did not respond|not respond|not reachable|unreachable|not collected",
    r"connection (?:refused|dropped|reset|lost|closed|was (?:refused|closed|dropped)|expired|failure)|could not connect"
    r"|refused to talk|(?:can.?t|cannot|unable to|couldn.t|failed to) (?:connect|establish|open)|no route to host",
    r"\b(?:message|delivery|mail|queue)(?: time)?(?: has)? expired|expired (?:after|message)"
    r"|delivery time expired|in the"
    r" queue too long|retry timeout|for a long(?:er)? time|after a long failure|multiple retries|numerous"
    r" attempts|for more than \d+|allowed queue period|has been delayed|could not be delivered for",
    r"try again\b|host name lookup failure|malformed (?:or unexpected )?name server|temporary (?:dns|name)|dns"
    r" (?:timeout|server|problem|lookup fail)|server failure|servfail|name service error(?: for name=\S{1,80})?"
    r"(?: type=\S{1,9})?: (?:host not found, try again|no|connection)",
    r"too many hops|hop count|mail(?:ing)? loop|loop(?:s|ing)? (?:back|detected|was|broken)|looping"
    r"|routing loop|forwarding"
    r" loop|infinite loop|would create a (?:mail )?loop|50 hops|forwarding count",
    r"(?:local|mail system|server|system|remote server) (?:is )?(?:mis)?config|configuration error|local error"
    r"|queue file|internal (?:server )?error|service (?:is )?(?:currently |temporarily )?(?:not available|unavailable)"
    r"|system resources|i/o error|input/output|interrupted system call|cannot create|can.?t create|could not create"
    r"|unable to create|unable to open|permission denied|command (?:died|failed|time)|mailer error|unknown mailer"
    r"|no mdb|storedrv|missing or bad|message pickup|system not accepting|not accepting (?:network )?messages",
)
"""The mailbox is full or closed for now, or its server cannot take mail."""

MESSAGE_REFUSED = _any(
    # spam and viruses
    r"\bspam\b(?!\.|-)|\bspam-|\bspam\.$|antispam|anti-spam|spamassassin|spamdetect|unsolicited|\bubce?\b|\buce\b",
    r"bulk (?:e-?mail|mail|\.|advertising)|bulk\.advertising|mass mail|advertis",
    r"virus|malware|malicious|phish|infected|executable|attachment|prohibited file",
    r"content (?:filter|reject|denied|matched|examination|restriction)|(?:message|mail|banned|unacceptable) content"
    r"|content of (?:this|the|your) (?:message|mail)|(?:message|mail) (?:was )?filtered|rejected by filter|suspicious",
    r"reject(?:ed)?,? id=|transaction failed",
    r"mail rejet|message rejet",
    # policy and rules of the recipient
    r"polic(?:y|ies)|administrative(?:ly)? (?:prohibit|denied)|organizational settings",
    r"user rules|recipient preferences|by the recipient|recipient.s (?:list|server settings)|rejected by recipients?\b"
    r"|members?-only|closed mailing list|not (?:subscribed|a member)|not allowed to post|list members|user refuses|id"
    r" refuse|refuse to receive|not accepting mail with|only accept(?:s|ing) mail|has restricted|restricted (?:sms|to)"
    r"|is not accepting any mail|account is protected by|server requires confirmation|confirm this mail"
    r"|valid-address-filter"
    r"|delivery not authorized|message refused|not pre-?approved|notauthorized|bouncedeny|rule imposed|user reject",
    # size and form
    r"\b(?:message|mail|header|line|attachment|maximum|max)(?: \S{1,20})? (?:size|length|too (?:big|large"
    r"|long))|too (?:big"
    r"|large)(?: for)?|size (?:limit|exceed)|(?:size|line|length) limit|taille|exceeds? (?:administrative"
    r"|fixed|maximum)",
    r"rfc ?(?:2822|5322|822|822|821|1035)|not rfc|mime|header error|duplicate header|header field"
    r"|invalid header|message-id"
    r"|8-?bit|base64|malformed|bare (?:lf|cr)|illegal (?:attachment|character)|multiple from|protocol violation"
    r"|improperly|syntax error|bad sequence",
    r"垃圾|内容|спам|вирус|スパム|迷惑|werbung|contenido|publicit",
)
"""This message: spam, a virus, its content, size or form, or a rule of its recipient."""

DEAD_ADDRESS = _any(
    r"(?:no|not a|not an?) (?:such|known|valid|existing|active|local) (?:user|users|recipient|mailbox|address|e-?mail"
    r"|account|person|domain|alias|name|local user|virtual user|people|id)\b",
    r"no (?:account|mailbox|mail box|user|person|one|recipient|address|such)(?: \S{1,40})? (?:by that name|here|at this"
    r" address|found|available|exists?|of that name|with that|called)",
    r"\b(?:user|users|recipient|recipients|mailbox|address|addressee|account|alias|local[- ]?part|e-?mail(?: address)?"
    r"|domain|host|destination address(?:es)?|virtual user|username|user name|recipient address|rcpt)"
    r"(?: ?<>| ?\S{0,60}@?\S{0,40})?(?: is| was| were| has been| could| does| do| did| can)?"
    r"(?: currently| no| not| be)* ?"
    r"(?:unknown|unkown|inexistent|non-?existent|nonexist\w*|not ?found|n.t (?:exist|found)|not ?exist\w*|not known"
    r"|not listed|not present|not valid|not active|invalid|notfound|no longer (?:valid|available|active|exists?|in use"
    r"|on server|with)|discontinued|deactivated|not local|terminated|deleted|removed|closed|expired|missing"
    r"|undeliverable"
    r"|not be found|not in (?:the )?(?:directory|my)|has no mailbox|disabled|been disabled|inactive|been closed)\b",
    r"<> ?(?:\.\.\. ?)?(?:is |was )?(?:not found|unknown|does not exist|doesn.t exist|not exist|user unknown)",
    r"\b(?:unknown|invalid|bad|inexistent|non-?existent|nonexistent|undeliverable|inactive|disabled|deactivated|illegal"
    r"|unrouteable|unroutable|unresolvable) (?:or (?:illegal|invalid|unknown|inactive) )?(?:local |virtual |destination"
    r" |e-?mail |mailbox |to )?(?:user|users|recipient|recipients|mailbox|address|account|alias|local[- ]?part"
    r"|domain|host"
    r"|rcpt|e-?mail)\b",
    r"(?:does|do|did) ?(?:not|n.t) (?:have an? \S{0,40} ?account|exist)",
    r"doesn.t have an? \S{1,40} account|that (?:you tried to reach )?does not exist|that address does not exist",
    r"(?:email )?account that you tried to reach (?:does not exist|is disabled)",
    r"resolver\.adr\.(?:recip|ex|recipient)\w* ?notf|recip ?notfound|recipnotfound|recipientnotfound"
    r"|recipient ?notfound",
    r"user unknown|unknown user|userunknown|user_unknown|badrcptto|bad rcptto|bad recipient|unknown recipient",
    r"requested action not taken: mailbox (?:unavailable|not found)|mailbox (?:is )?(?:unavailable|unavaiable"
    r"|not available)",
    r"(?:my|our) (?:bad|valid)(?:recipient|rcpt)(?:to)? list|in my validrcptto",
    r"is not a (?:known|registered|valid) (?:user|recipient|mailbox|gateway user)|not (?:a )?valid (?:user"
    r"|recipient|mailbox)",
    r"isn.t (?:a )?(?:known|valid|registered)|there is no (?:one|such)|no such (?:user|person|mailbox|address|recipient"
    r"|account|domain|host|number|alias)|no user here|no mailbox",
    r"(?:this|the|your) (?:e-?mail )?address (?:is wrong|no longer|isn.t|has expired|is no longer)",
    r"no longer (?:valid|exists?|in use|active|employed|works?|on server|accepts mail|an? active|available)",
    r"has (?:been replaced|moved to|left the (?:company|organi[sz]ation))|user has moved|recipient has moved"
    r"|new address is",
    r"\b(?:account|mailbox|user|address|email) (?:\S{1,60} )?(?:has been |is "
    r"|was )?(?:permanently )?(?:disabled|deactivated"
    r"|discontinued|terminated|deleted|closed)",
    r"is a deactivated mailbox|mailbox disabled|account disabled|inactive (?:user|account|mailbox|email)"
    r"|user is terminated"
    r"|extended inactivity",
    r"no thank you rejected: account unavailable|account (?:is )?unavailable|user(?: \S{1,60})? not active",
    r"nullmx|null mx|does not accept (?:any )?(?:e-?)?mail|no mail is accepted|not accept mail",
    r"domain (?:name )?(?:does not exist|not found|doesn.t exist|must exist|is invalid)|nonexistent ?domain|nxdomain"
    r"|host or domain name not found|host unknown|host not found|unknown host|unknown domain|name or service not known"
    r"|no such (?:domain|host)|mail domain mentioned|(?:couldn.t|could not) find any host (?:named|by that)"
    r"|unrouteable mail domain|no mx record found|illegal host/domain|bad destination (?:system|host)|dead domain",
    r"can.t accept user|recipient (?:is )?not (?:ok|accepted|local|exist\w*|known|here)|not our customer"
    r"|not email addresses"
    r"|name is not found|not in name directory|not present in directory|in name directory|missing home directory"
    r"|not listed in (?:domino|public|the)|not listed",
    r"address unknown|unknown address|address error|bad address|email address could not be found|wasn.t found at"
    r"|(?:address|recipient) (?:\S{1,60} )?(?:couldn.t be|could not be|was not|wasn.t) found",
    # other languages
    r"utilisateur (?:inconnu|inexistant)|destinataire (?:inconnu|invalide|inexistant|n.existe)|adresse (?:\S{1,20} )?"
    r"(?:inconnue|invalide|inexistante|n.existe)|adresse d au moins un destinataire invalide|compte (?:inconnu"
    r"|inexistant"
    r"|ferm|n.existe|d[ée]sactiv)|bo[iî]te (?:aux lettres )?(?:inconnue|inexistante|d[ée]sactiv)",
    r"\b(?:benutzer|empf[aä]nger|empfaenger|adresse|postfach|konto"
    r"|teilnehmer)(?: \S{0,60})? (?:ist )?(?:unbekannt|nicht"
    r" (?:bekannt|gefunden|vorhanden)|existiert nicht|ung[uü]ltig|deaktiviert|gesperrt|nicht mehr)"
    r"|unbekannter? (?:benutzer"
    r"|empf)|existiert nicht",
    r"\b(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n|casilla)(?: \S{0,60})? (?:es )?(?:desconocid"
    r"|inexistente|no"
    r" (?:existe|v[aá]lid|encontrad)|inv[aá]lid|desactivad|deshabilitad)|no existe (?:dicha|ese|el|la|este)",
    r"\b(?:usu[aá]rio|destinat[aá]rio|endere[cç]o|conta)(?: \S{0,60})? (?:desconhecid|inexistente|n[aã]o (?:existe"
    r"|encontrad)|inv[aá]lid|desativad)",
    r"\b(?:utente|destinatario|indirizzo|casella)(?: \S{0,60})? (?:sconosciut|inesistente|non (?:esiste|trovat|valid)"
    r"|disattivat)|nessun utente",
    r"\b(?:gebruiker|ontvanger|adres|onbekend)(?: \S{0,60})? (?:onbekend|bestaat niet|niet gevonden)"
    r"|onbekende (?:gebruiker"
    r"|ontvanger)",
    r"\b(?:użytkownik|odbiorca|adres|konto|skrzynka)(?: \S{0,60})? (?:nie istnieje|nieznany|nie znaleziono|zablokowan)"
    r"|nie ma takiego",
    r"пользовател\w+ (?:\S{0,60} )?(?:не найден|не существует|неизвест)|(?:адрес|ящик|получатель)(?: \S{0,60})? (?:не"
    r" (?:существует|найден)|отключ|заблокир)|нет такого (?:пользовател|адрес|ящик)",
    r"(?:用户|收件人|邮箱|郵箱|帐号|账号|地址|邮件地址)(?:\S{0,40})(?:不存在|不正确|错误|已停用|被禁用|無效|无效)|(?<!可能)不存在(?!或)",
    r"(?:宛先|受信者|ユーザ|メールアドレス|アドレス)\S{0,30}(?:見つかりません|存在しません|不明)|存在しない(?!か)|ユーザー?が(?:いません|不明)"
    r"|사용자(?:를|가) (?:찾을|없)|존재하지 않",
)
"""Nobody has this address."""

LOOKS_DEAD = _any(
    r"recipient address rejected(?:: (?:access denied|invalid|unlisted)|\.|$| \()",
    r"recipient (?:was )?(?:rejected|refused)|rejected recipient|does not like recipient",
    r"address (?:was )?rejected|unlisted",
)
"""Words that mean a dead address only beside a code that says so."""

PLAINLY_DEAD = _any(
    r"user unknown|unknown user|unknown recipient|no such (?:user|mailbox|recipient|address|person)\b",
    r"unknown in (?:local|virtual|relay)|user (?:not found|does ?n.t exist|does not exist)|recipient not ?found",
    r"doesn.t have an? \S{1,40} account",
)
"""Words that leave no doubt beside a code of a dead address, whatever else is said."""
