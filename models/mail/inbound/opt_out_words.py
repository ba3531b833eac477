"""The words by which people ask to be left off a list, in the languages of our readers. Pure patterns.

All are written as people write them and compared folded: without case, accents and punctuation.
"""

import re

from models.mail.inbound.folding import pattern

POLITE = pattern(
    r"\b(please|pls|plz|thx|thanks|thank you|kindly|immediately|asap|right away|at once|now|just"
    r"|bitte|sofort|umgehend|ab sofort|danke|hiermit"
    r"|merci de bien vouloir|merci de|merci|veuillez|svp|s il vous plait|s il te plait|immediatement|por favor|favor de"
    r"|gracias|per favore|per cortesia|gentilmente|vi prego|prego|grazie|alstublieft|alsjeblieft|aub|graag|per direct"
    r"|dank u|bedankt|obrigado|obrigada|favor|tack|snälla|vänligen|omgående|venligst|vennligst|takk|tak|kiitos"
    r"|olkaa hyvä|proszę o|proszę|dziękuję|prosím|děkuji|kérem|kérjük|köszönöm|va rog|vă rog|te rog|mulțumesc|lütfen"
    r"|пожалуйста|прошу|будь ласка|спасибо|дякую|παρακαλώ|ευχαριστώ|من فضلك|رجاء|شكرا|בבקשה|אנא|נא|תודה)\b",
    "请|請|谢谢|謝謝|お願いします|お願いいたします|どうか",
)
"""Words that change nothing about what is asked."""

_ENGLISH_LIST = (
    r"(all |any )?(of )?(your|the|this|these|those|that|further|future|our|my|all)?( \w+){0,2} ?(list|lists|listing"
    r"|newsletters?|e ?mails?|mailings?|communications?|messages?|subscriptions?|mailing lists?|distribution)( list)?"
)

_GERMAN_LIST = (
    r"(aus|von|vom) (ihrem|ihrer|dem|der|diesem|dieser|euren|eurer|eurem|den|ihren|allen)?( \w+)? ?(verteiler|liste"
    r"|mailingliste|newsletter|newslettern|verteilerliste|e ?mail ?verteiler|mailverteiler|adressliste)"
)

_GERMAN_MAILS = (
    r"von (allen|ihren|euren|diesen|sämtlichen)( ihren| weiteren)? (e ?mails|mails|werbemails|newslettern|listen"
    r"|verteilern|mailinglisten|zusendungen|mailings)"
)

# Each matches a whole sentence and leaves no doubt that our mail is meant.
ASKS = pattern(
    # English
    r"((can|could|would|will) you |i (want|wish|would like|d like|like|need|ask|request) (you )?(to )?(be )?"
    r"|id like to (be )?|how (can|do) i |want to |to )?"
    r"(unsubscribed?|unsub|opt(ed)? out|optout|removed?|taken?|deleted?|removal)( me| us| myself| my (e ?mail|name"
    r"|e ?mail address|address)| this (e ?mail|address|e ?mail address))*"
    rf"( (from|off|of|off of|out of) {_ENGLISH_LIST})( from you)?",
    r"((can|could|would|will) you |i (want|wish|would like|d like|like|need|ask|request) (you )?(to )?(be )?"
    r"|id like to (be )?|how (can|do) i |want to |to )?"
    r"(unsubscribed?|unsub|opt(ed)? out|optout|unsubscribe|un subscribe)"
    r"( me| us| myself| my (e ?mail|name|e ?mail address|address)| this (e ?mail|address|e ?mail address))*",
    r"(stop|quit|cease|no more) (sending|e ?mailing|mailing|contacting|spamming|writing|messaging)( to)?( me| us)?"
    r"( with)?( (these|your|any|more|such|all|this|the))*( (e ?mails?|mails?|messages?|newsletters?|spam|stuff))?"
    r"( please)?( to me)?( again| anymore| any more)?",
    r"(do not|don t|dont|never) (e ?mail|mail|contact|write|send|message|spam)( to)?( me"
    r"| us)?( any)?( more)?( further)?"
    r"( (e ?mails?|mails?|messages?|newsletters?))?( again| anymore| any more| any longer| ever again)?",
    r"no (more|further) (e ?mails?|mails?|newsletters?|messages?)( from you)?",
    r"i (no longer|do not|don t|dont) (want|wish|care)( to)? (receive|get|be sent|hear from you)?( any)?( more"
    r"| further)?"
    r"( (of )?(these|your|this))?( (e ?mails?|mails?|newsletters?|messages?|mailings?))?( from you)?( anymore| any more"
    r"| any longer)?",
    r"leave me alone",
    rf"opt (me|us) out( (from|of) {_ENGLISH_LIST})?",
    rf"(i want( to be)?|get me|i d like( to be)?) off (of )?{_ENGLISH_LIST}",
    # German
    r"((können|könnten|würden) sie )?(ich (möchte|will) )?(mich|uns|meine (e ?mail ?)?(adresse|mailadresse))"
    rf"( {_GERMAN_LIST})? (ab|aus|austragen|abmelden|entfernen|löschen|streichen|abbestellen|heraus ?nehmen"
    rf"|raus ?nehmen"
    r"|nehmen)",
    rf"((können|könnten|würden) sie )?(mich )?{_GERMAN_LIST} (austragen|abmelden|entfernen|löschen|streichen"
    rf"|heraus ?nehmen"
    r"|raus ?nehmen|nehmen)",
    r"(tragen|melden|nehmen|streichen|entfernen|löschen) sie (mich|uns|meine (e ?mail ?)?(adresse|mailadresse))"
    r"( (aus|von|vom) (ihrem|ihrer|dem|der|diesem|dieser|allen)?( \w+)? ?(verteiler|liste|mailingliste|newsletter"
    r"|verteilerliste|e ?mail ?verteiler))?( ab| aus| heraus| raus)?",
    r"(melden|tragen) sie (mich|uns) (ab|aus)",
    r"(ich )?(möchte|will|wünsche)( ich)? (keine|keinen)( weiteren| weitere)? (e ?mails?|mails?|newsletter|werbung"
    r"|werbemails?)( mehr)?( von ihnen)?( mehr)?( erhalten| bekommen| empfangen)?",
    r"(ich )?(möchte|will)( mich)? (den |ihren |diesen |vom )?newsletter (abbestellen|abmelden|nicht mehr erhalten)",
    r"(senden|schicken|schreiben) sie mir( bitte)? (keine|nicht)( weiteren| weitere)?( (e ?mails?|mails?|newsletter))?"
    r"( mehr)?",
    r"keine (weiteren )?(e ?mails?|mails?|newsletter)( mehr)?|newsletter (abbestellen|abmelden|kündigen)"
    r"|abmeldung( vom newsletter)?|abbestellen|abbestellung",
    # German verbs in two parts, and what is said more roundly
    rf"(melden|tragen|nehmen|streichen|entfernen|löschen|meldet|tragt|nehmt|streicht|nimm|streich|trag|melde)( sie)?"
    rf" (mich|uns|meine (e ?mail ?)?(adresse|mailadresse)) ({_GERMAN_LIST}|{_GERMAN_MAILS})( ab| aus| heraus| raus)?",
    rf"(ich melde (mich|uns)|melde ich (mich|uns)) ({_GERMAN_LIST}|{_GERMAN_MAILS}) ab",
    r"(ich bestelle|bestelle ich) (ihren|den|diesen|euren) newsletter ab",
    r"(ich )?(möchte|will|wünsche)( ich)? (ihren|den|diesen|euren|ihre|diese|eure) (newsletter|e ?mails|mails|werbung)"
    r" nicht (mehr|länger) (bekommen|erhalten|empfangen|haben)",
    r"(ich widerrufe|widerrufe ich) (meine|die) (einwilligung|zustimmung)( (zum (erhalt|empfang)|zur zusendung|in den"
    r" (erhalt|empfang)))?( (von|ihres|des|der))?( (werbung|werbemails?|newsletters?|newslettern|e ?mails))?",
    r"keine werbung( mehr)?( zusenden| zuschicken| senden| schicken)?",
    r"kündigen sie (meine (anmeldung|registrierung)|mein (abo|abonnement)) (zum|für den|des|vom) newsletters?",
    r"hören sie auf mir( (e ?mails|mails|newsletter|werbung|so etwas))? zu (schicken|senden|schreiben)",
    r"lassen sie mich in ruhe( und (schicken|senden|schreiben) sie mir (nichts|nicht) mehr)?",
    # French
    r"(je (souhaite|veux|voudrais|désire) |pouvez vous |pourriez vous )?(me |m |nous )?(désabonner|désinscrire"
    r"|désabonnez"
    r"|désinscrivez|retirer|retirez|supprimer|supprimez|enlever|enlevez|désinscription|désabonnement)( moi| nous)?"
    r"( (mon (adresse|e ?mail|adresse e ?mail|mail)))?( (de|du|des|à) (votre|vos|la|cette|l|toutes vos)?( \w+)? ?(liste"
    r"|listes|newsletter|newsletters|lettre d information|liste de diffusion|liste d envoi|mailing|mailing list"
    r"|mailing liste|mails|e ?mails|envois))?",
    r"(je )?(ne )?(souhaite|veux|désire) plus (recevoir )?(de |vos |ces |d )?(vos )?(mails?|e ?mails?|messages"
    r"|courriels?"
    r"|newsletters?|courriers?)( de votre part)?",
    r"(arrêtez|cessez|stop) de m (envoyer|écrire)( (vos|ces|des|de) (mails?|e ?mails?|messages|courriels?))?"
    r"|ne m (écrivez|envoyez|contactez) plus( (de |d )?(mails?|e ?mails?|messages))?|plus (de |d )(mails?|e ?mails?)",
    r"(de )?ne plus m (envoyer|écrire)( (de |d |vos |ces )?(mails?|e ?mails?|messages|courriels?|newsletters?))?",
    # Spanish
    r"((quiero|deseo|quisiera|solicito|me gustaría|pueden?|podrían?) )?(que me )?(darme|dar|denme|dame|den|darse"
    r"|me den) de"
    r" baja( de)?( (su|la|esta|vuestra|las?|tu))?( (lista|listas|newsletter|boletín|lista de correos?|suscripción"
    r"|lista de distribución))?( de (correos?|envíos|distribución|correo electrónico))?",
    r"(baja|cancelar (la |mi )?suscripción|cancelen? (la |mi )?suscripción|desuscribir(me)?|desuscríbanme|desuscríbeme"
    r"|desuscripción)( (de|del|a) (su|la|este|esta|vuestra|tu|boletín|newsletter))?( (lista|boletín|newsletter))?",
    r"(elimínenme|elimíneme|quítenme|quíteme|bórrenme|bórreme|elimínenme|sáquenme|sáqueme|remuévanme) de (su|la|esta"
    r"|vuestra|tu) (lista|base|newsletter|lista de correos?|lista de distribución)",
    r"no (quiero|deseo) (recibir )?más( \w+)? ?(correos|e ?mails|mensajes|publicidad)( suyos| de ustedes)?"
    r"|no me (envíen|manden|escriban|contacten|envíe|mande)( más)?( (correos|e ?mails|mensajes))?( más)?",
    r"(dejen?|dejad|paren?) de (enviarme|mandarme|escribirme)( (más|sus|estos))?( (correos|e ?mails|mensajes"
    r"|publicidad))?",
    # Italian
    r"((vorrei|voglio|desidero|chiedo di|potete|può) )?(cancellarmi|cancellatemi|cancellami|disiscrivermi"
    r"|disiscrivetemi"
    r"|disiscrivimi|disiscrizione|rimuovermi|rimuovetemi|rimuovimi|toglietemi|toglimi|essere cancellato"
    r"|essere rimosso|eliminatemi|cancellazione|annullare l iscrizione|disiscrivere|disiscriviti)"
    r"( (dalla|da|dalle|dal|alla) (vostra|questa|tua|sua|vostre)?( \w+)? ?(lista|liste|newsletter|mailing list"
    r"|lista di distribuzione))?",
    r"non (voglio|desidero) (più )?ricevere (più )?(le )?(vostre )?(e ?mail|mail|newsletter|messaggi|comunicazioni)"
    r"( da voi)?|non (scrivetemi|inviatemi|mandatemi|contattatemi) più( (e ?mail|mail|messaggi))?"
    r"|basta (e ?mail|mail)",
    r"di (cancellarmi|rimuovermi|disiscrivermi|togliermi|eliminarmi)( (dalla|da|dalle|dal) (vostra|questa|tua|sua"
    r"|vostre)?( \w+)? ?(lista|liste|newsletter|mailing list|lista di distribuzione))?",
    r"(smettetela|smettete|smettila|smetta) di (mandarmi|inviarmi|scrivermi)( (e ?mail|mail|messaggi|newsletter))?",
    # Dutch
    r"((kunt|kan|wilt|zou) (u|je|jullie) )?(ik (wil|wens) )?(mij|me|mijn (e ?mail ?)?adres)?"
    r"( (uit|van|voor) (uw|de|deze|jullie|je|alle)( \w+)? ?(lijst|mailinglijst|mailinglist|nieuwsbrief|verzendlijst"
    r"|maillijst|bestand|adressenlijst|adressenbestand))? ?(uitschrijven|afmelden|verwijderen|uit te schrijven"
    r"|af te melden|te verwijderen|uitgeschreven worden)",
    r"(uitschrijven|afmelden) (uit|van|voor) (uw|de|deze|jullie|je) (lijst|mailinglijst|nieuwsbrief|maillijst)",
    r"(schrijf|meld|haal|verwijder) (mij|me|mijn (e ?mail ?)?adres)( (uit|van|voor) (uw|de|deze|jullie|je"
    r"|alle)( \w+)? ?"
    r"(lijst|mailinglijst|mailinglist|nieuwsbrief|verzendlijst|maillijst|adressenlijst))?( uit| af)?",
    r"(ik (wil|wens) )?geen (e ?mails?|mails?|nieuwsbrief|nieuwsbrieven|berichten)( van (u|jullie))? meer( ontvangen)?"
    r"( van (u|jullie))?|(stuur|mail) (mij|me) (niet|geen)( (e ?mails?|mails?|berichten))? meer|uitschrijving"
    r"|afmelding",
    r"(ik (wil|wens) |gelieve )?(mij|me) (uitschrijven|afmelden|te verwijderen|uit te schrijven"
    r"|af te melden) (uit|van|voor) (uw|de|deze|jullie|je|alle)( \w+)? ?(lijst|mailinglijst|mailinglist|nieuwsbrief"
    r"|nieuwsbrieven|verzendlijst|maillijst"
    r"|bestand|adressenlijst|adressenbestand|mails|e ?mails)",
    r"(schrijf|meld) (mij|me) (uit|af) (van|voor) (uw|de|deze|jullie|je|alle)( \w+)? ?(lijst|mailinglijst|mailinglist"
    r"|nieuwsbrief|verzendlijst|maillijst|mails|e ?mails)",
    r"gelieve (mij|me) (uit te schrijven|af te melden|te verwijderen)",
    # Portuguese
    r"((quero|gostaria de|desejo|podem?|poderiam?) )?(me )?(descadastrar|descadastre|descadastrem|cancelar|cancelem"
    r"|cancele|remover|removam|remova|retirem|retire|retirar|excluir|excluam|exclua|tirem|tire|sair|descadastro"
    r"|cancelamento)( me| minha (inscrição|subscrição|assinatura)| a (minha )?(inscrição|subscrição|assinatura)"
    r"| meu (e ?mail|endereço|nome))?( (da|de|das|do|na) (vossa|sua|tua|esta|essa)?( \w+)? ?(lista|listas|newsletter"
    r"|mailing|lista de (e ?mails?|emails|contatos|contactos|distribuição)))",
    r"((quero|gostaria de|desejo|podem?) )?(descadastrar|descadastre me|me descadastre(m)?|descadastrem me"
    r"|cancelar (a )?(minha )?(inscrição|subscrição)"
    r"|remover inscrição|anular (a )?subscrição|descadastro)",
    r"não (quero|desejo) (mais )?receber (mais )?(os )?(seus |vossos )?(e ?mails?|mensagens|newsletters?)"
    r"|(não|parem de|pare de) (me )?(enviem|envie|enviar|mandem|mandar)( me)?( mais)? (e ?mails?|mensagens)",
    r"(excluir|excluam|exclua|remover|removam|remova|retirem|retirar) (meu|o meu) (e ?mail|endereço|contato|contacto)",
    # Swedish, Danish, Norwegian
    r"((kan|kunde|vill) (ni|du) )?(jag (vill|önskar) )?(avregistrera|avprenumerera|avanmäla|stryk|ta bort"
    r"|tag bort)( mig"
    r"| min (e ?postadress|adress|mailadress|e ?post))?( (från|ur) (er|din|denna|den här|alla|er e)?( \w+)? ?(lista"
    r"|listan|sändlista|utskickslista|mejllista|maillista|nyhetsbrev|nyhetsbrevet|utskick))?",
    r"(jag )?(vill|önskar) inte (ha|få|längre ha|längre få) (fler|mer|några|era)?( fler)? ?(mejl|mail|e ?post"
    r"|nyhetsbrev"
    r"|utskick)( från er)?|sluta (mejla|maila|skicka)( mig)?( (mejl|mail))?|inga fler (mejl|mail|utskick)|avregistrera",
    r"((kan|vil) (i|du|dere) )?(jeg (vil|ønsker) (at blive |å )?)?(afmeld|afmelde|frameld|framelde|afmeldt|slet|fjern"
    r"|meld"
    r"|meldt|stryk|avmeld|avmelde|slett|melde|melder)( mig| meg| min (mail|e ?mail|e ?post)( ?adresse)?)?( (af|av|fra"
    r"|på)"
    r" (jeres|denne|din|deres|listen|alle|e)?( \w+)? ?(liste|listen|listene|mailliste|maillisten|mailingliste"
    r"|e ?postliste"
    r"|nyhedsbrev|nyhedsbrevet|nyhetsbrev|nyhetsbrevet|adresseliste))( af| av)?",
    r"meld (mig|meg|oss|os) (af|av)",
    r"(afmeld|avmeld|frameld)( mig| meg)?|(jeg )?(vil|ønsker) ikke( have| ha| få| modtage| motta| at modtage| å motta)?"
    r"( flere| mere| mer)? (mails?|e ?mails?|e ?poster|nyhedsbreve|nyhetsbrev)( fra (jer|dere))?"
    r"|(stop|slutt) med (at|å) (sende|maile)( mig| meg)?( (mails?|e ?mails?|e ?post))?|ikke flere (mails?|e ?poster)",
    # Finnish
    r"((voisitteko|voitteko) )?(poistakaa|poista|poistaa|perukaa|peru|peruuttakaa)( minut| tilaukseni| tilaus"
    r"| uutiskirje(en)?( tilaus)?| sähköpostiosoitteeni| osoitteeni)( (tältä|teidän|tästä|postituslistaltanne"
    r"|postituslistalta"
    r"|listalta|listaltanne|uutiskirjeen))?( (postituslistalta|postituslistaltanne|listalta|listaltanne|tilaajista))?",
    r"(en halua enää|en halua) (saada )?(sähköpostia|viestejä|uutiskirjettä|uutiskirjeitä|mainoksia)( teiltä)?"
    r"|älkää lähettäkö( minulle)?( enää)?( (sähköpostia|viestejä))?",
    # Polish
    r"(wypisać|wypisz|wypisanie|wypiszcie|usunąć|usuń|usunięcie|usuńcie|wykreślenie|wykreślić)( mnie| mojego (adresu"
    r"|maila"
    r"|e ?maila)| mój (adres|e ?mail))?( (z|od) (państwa|waszej|tej|listy|bazy|newslettera|wszystkich)( \w+){0,2})",
    r"mnie (wypisać|usunąć|wykreślić) z (listy|listy mailingowej|newslettera|bazy|subskrypcji)",
    r"(wypisz|wypiszcie|wypisać)( się| mnie)?|rezygnuję z (newslettera|subskrypcji)|anuluj subskrypcję"
    r"|nie (chcę|życzę sobie) (już )?(otrzymywać|dostawać|więcej)( (więcej|waszych|państwa|tych))* (maili|e ?maili"
    r"|wiadomości|newslettera|mailingu)|nie wysyłajcie (mi )?(więcej|już)( (maili|wiadomości))?",
    # Czech
    r"(odhlaste|odhlásit|odhlášení|vyřaďte|vyřadit|odstraňte|smažte|vymažte|vyškrtněte)( mě| mne| me| můj (e ?mail"
    r"|mail))?"
    r"( (z|ze) (vašeho|vaší|tohoto|této|odběru|seznamu|databáze|newsletteru)( \w+){0,2})",
    r"(odhlaste|odhlásit|odhlášení)( mě| mne| me| se)?|(už )?nechci (dostávat|od vás)( už)?( (vaše|další|žádné))*"
    r" (e ?maily|maily|zprávy|newslettery?)|neposílejte mi (už )?(další |žádné )?(e ?maily|maily|zprávy)",
    # Hungarian
    r"(le szeretnék iratkozni|leiratkozás|leiratkozom|leiratkoznék|iratkoztassanak le|iratkoztasson le)"
    r"( (a|az) (hírlevélről|listáról|hírlevelükről|levelezőlistáról))?"
    r"|(a |az )?(hírlevélről|listáról|hírlevelükről) (le szeretnék iratkozni|leiratkozom|leiratkozás)"
    r"|(töröljenek|töröljön|vegyenek le|vegyen le)( a| az)? (listájukról|listáról|hírlevélről|levelezőlistáról"
    r"|címlistáról)"
    r"|ne küldjenek (nekem )?(több|további) (e ?mailt|levelet|hírlevelet)|nem (kérek|kívánok) több (e ?mailt"
    r"|hírlevelet)",
    # Romanian
    r"((aș dori|doresc|vreau) )?(să )?(mă |ma )?(dezabonați|dezabonez|dezabonare|dezabonarea|dezabona|dezabonati"
    r"|ștergeți"
    r"|scoateți|eliminați)( ?mă|mi| ma)?( adresa mea)?( (de la|din|de pe) (lista|newsletter|newsletterul"
    r"|această listă|baza"
    r")?( \w+){0,2})?|nu mai (doresc|vreau) (să primesc )?(e ?mailuri|mesaje|newsletter)( de la voi)?"
    r"|nu ?mi mai (trimiteți|scrieți)( (e ?mailuri|mesaje))?",
    # Turkish
    r"(beni )?((e ?posta |mail |bülten )?(listenizden|listesinden|listeden|bültenden|bülteninizden|listelerinizden"
    r"|gruptan))"
    r"( beni)? (çıkarın|çıkarınız|çıkartın|çıkar|silin|çıkmak istiyorum|çıkarır mısınız)"
    r"|(aboneliğimi|aboneliği|üyeliğimi) (iptal edin|iptal ediniz|sonlandırın|iptal|iptal etmek istiyorum)"
    r"|(artık )?(e ?posta|mail|bülten) (almak|göndermenizi) istemiyorum|abonelikten çık(mak istiyorum)?"
    r"|(bana )?(bir daha |artık )?(mail|e ?posta|mesaj) (göndermeyin|atmayın)",
    # Russian, Ukrainian
    r"(отпишите|отписать|отписаться|отпиши|удалите|уберите|исключите|отпишите пожалуйста|хочу отписаться)"
    r"( меня| мой (адрес|email|e mail)| мою почту| нас)?( (от|из|с) (вашей|этой|вашего|своей|всех"
    r"|ваших)?( \w+)? ?(рассылки"
    r"|рассылок|списка|базы|подписки))?",
    r"(не (присылайте|шлите|пишите|отправляйте)( мне)?( больше)?( (писем|письма|рассылку|спам|сообщений))?( больше)?"
    r"|больше не (пишите|присылайте|шлите)( мне)?( (писем|письма))?|не хочу (больше )?получать (ваши |вашу )?(письма"
    r"|рассылку)|отписка|отписаться|прекратите рассылку)",
    r"(відпишіть|відписати|відписатися|видаліть|приберіть|вилучіть)( мене| мою адресу| нас)?( (від|з|зі|із) (вашої|цієї"
    r"|вашого|всіх)?( \w+)? ?(розсилки|списку|бази|розсилок))?|не (надсилайте|пишіть|шліть)( мені)?( більше)?"
    r"( (листів|листи))?|(більше )?не хочу (більше )?отримувати (ваші |вашу )?(листи|розсилку)",
    # Greek
    r"(διαγράψτε|διαγραφή|αφαιρέστε|βγάλτε|απεγγραφή|απεγγραφή)( με| μου)?( (από|απο) (τη|την|τις|το)?( \w+){0,3})?"
    r"|(δεν )?(επιθυμώ|θέλω) (να )?(διαγραφώ|απεγγραφώ)( από( τη| την)?( \w+){0,3})?"
    r"|δεν (επιθυμώ|θέλω) (πλέον )?(να λαμβάνω|άλλα) (άλλα )?(email|e mail|μηνύματα|ενημερώσεις|newsletter)(s)?",
    # Arabic, Hebrew
    r"(الغاء الاشتراك|إلغاء الاشتراك|الغ اشتراكي|ألغ اشتراكي|الغوا اشتراكي|الغاء اشتراكي|إلغاء اشتراكي|احذفوني من"
    r" (القائمة|قائمتكم|قائمتكم البريدية)|ازالتي من القائمة( البريدية)?|أريد إلغاء الاشتراك|اريد الغاء الاشتراك"
    r"|لا اريد استلام (رسائلكم|اي رسائل)|توقفوا عن (مراسلتي|ارسال الرسائل))",
    r"(הסירו|להסיר|הסר|תסירו|הורידו|תורידו)( אותי| את (הכתובת|המייל) שלי)?( (מרשימת|מהרשימה|מרשימת התפוצה|מהתפוצה"
    r"|מרשימת הדיוור|מרשימת התפוצה שלכם))?|ביטול מנוי|בטלו את המנוי שלי|אל תשלחו לי (יותר )?(מיילים|הודעות)",
    # Japanese, Chinese, Korean
    r"(メルマガ|ニュースレター|メーリングリスト)(を|の)?(解除|停止|解約|キャンセル)(して)?(下さい|ください|したいです)?",
    r"(メール|メルマガ|ニュースレター|メーリングリスト)?(の)?(配信|購読|登録|送信)(の)?を?(停止|解除|中止|キャンセル)(して)?(下さい|ください|を希望します"
    r"|したいです|願います)?(ませ)?を?|(メール|メルマガ)(の|を)?(配信停止|送らないでください|解約)|(今後)?(メール|メルマガ)(の送信|の配信)?は?(不要です"
    r"|いりません|結構です)|リストから(私を)?(外して|削除して)(下さい|ください)",
    r"(我(要|想|希望)|麻烦|麻煩)?(帮我|幫我)?(退订|退訂|取消订阅|取消訂閱|取消訂阅)(邮件|郵件|电子报|電子報|newsletter)?(吧)?|(不要|别|請勿|请勿|停止)(再)?"
    r"(给我|給我|向我)?(发|發|寄|发送|發送)(这些|這些)?(邮件|郵件|信|广告|廣告)(给我|給我)?(了)?|把?我?从(您的|你们的|你的)?(列表|名单|邮件列表)(中)?(删除|移除)"
    r"(我)?|將我從(您的|你們的)?(名單|列表)(中)?(刪除|移除)",
    r"(이메일|메일|뉴스레터)?\s?(수신\s?거부|구독\s?취소|구독\s?해지|수신\s?차단|수신\s?거부합니다|수신거부)(를|을)?\s?(합니다|해\s?주세요|바랍니다|부탁드립니다|요청합니다"
    r"|하고\s?싶습니다|신청합니다)?|(더\s?이상\s?)?(이메일|메일)(을|를)?\s?보내지\s?(마세요|말아\s?주세요|말아주세요)|(목록|명단)에서\s?(삭제|제외)해?\s?(주세요)?",
)

# A whole text of nothing else; with more beside it, it may mean something else ("Please stop by on Monday").
ASKS_ALONE = pattern(
    r"stop( it| all)?|remove( me)?|take me off|abmelden|abbestellen|uitschrijven|avregistrera|afmeld|avmeld|désabonner"
    r"|désinscription|baja|disiscrivimi|cancellami|leiratkozás|dezabonare|отписаться|отписка|відписатися|odhlásit"
    r"|wypisz"
    r"|退订|退訂|配信停止|수신거부|הסר|إلغاء الاشتراك|arrêtez|arret|basta|stopp|lopettakaa|дость|стоп|стоп рассылка"
)

REASON_TO_LEAVE = pattern(
    r"(no|no thanks|no thank you)|((i m|i am|we are|we re|am|sorry|thanks but|sorry but) )*(really |just )?"
    r"(not|no longer|not at all) interested( (in (this|these|it|your (offers?|products?|e ?mails?|services?))|at all"
    r"|anymore|any more|any longer))?|(this|it) is (just |only )?(spam|junk)|spam"
    r"|((i m|i am|you have) )?(the )?wrong (person|address|e ?mail|e ?mail address)( for this)?"
    r"|(i|we) (have )?(never|did not|didn t|have not|haven t)"
    r" (sign(ed)?|ask(ed)?|subscribed?|register(ed)?|request(ed)?|order(ed)?)( up)?( (for|to))?"
    r"( (this|these|it|that|any of this|your (e ?mails?|list|newsletter)|this (list|newsletter)))?"
    r"|(i|we) (get|receive|am getting|are getting) too (many|much) (e ?mails?|mails?|messages)"
    r"|too many (e ?mails?|mails|messages)|(these|your) (e ?mails?|mails|messages) (are|is) (spam|annoying|not relevant"
    r"|irrelevant)",
    r"nein|nein danke|(ich habe |wir haben |habe |haben )?kein(erlei)? interesse( (mehr|daran|an ihrem angebot))?"
    r"|((ich bin|wir sind|bin) )?nicht (mehr )?interessiert"
    r"|das ist spam|falsche (adresse|person)|ich habe mich (nie|nicht) angemeldet",
    r"non merci|(je ne suis |nous ne sommes )?(plus|pas) intéressée?s?|pas intéressée?s?"
    r"|je ne me suis jamais (inscrit|inscrite|abonné|abonnée)",
    r"no gracias|(ya )?no (me |nos )?(interesa|estoy interesad[oa])|no grazie|non (mi |ci )?interessa"
    r"|non (sono|siamo) (più )?interessat[oaie]|nee|nee bedankt|(ik ben |wij zijn )?(niet|geen) (meer )?"
    r"(geïnteresseerd|interesse)"
    r"|não|não obrigad[oa]|não (tenho|temos) (mais )?interesse|(jag är |vi är )?inte (längre )?intresserade?"
    r"|(jeg er |vi er )?ikke (længere |lenger )?interessere(t|rt|de)|nej tack|nej tak|nei takk"
    r"|nie jestem zainteresowan[ya]|nemám zájem|не интересно|мне это не интересно",
)
"""Why somebody wants no mail, which nobody has to answer."""

MENTIONS = pattern(
    r"unsubscri|opt(ing)? ?out|mailing list|remove me|take me off|stop (e ?mail|send|contact)|abmelden|abbestell"
    r"|austragen"
    r"|verteiler|désabonn|désinscri|desuscri|darme de baja|dar de baja|disiscri|cancellarmi|uitschrijv|afmelden"
    r"|descadastr|avregistr|avprenumer|afmeld|avmeld|postituslist|wypis(ać|z)|odhlásit|odhlaste|leiratkoz|dezabon"
    r"|aboneli|отпис|відпис|απεγγραφ|الاشتراك|退订|退訂|取消订阅|取消訂閱|配信停止|수신\s?거부|구독\s?취소"
)

_MY_DATA = (
    r"(all |any )?(of )?(my|our) (personal )?(data|details|information|info|record|records|account data"
    r"|contact details)"
)
# Whoever says so wants more than to be left off a list, and the law gives them a term.
PRIVACY = pattern(
    rf"(delete|erase|remove|wipe|purge|destroy) {_MY_DATA}|deletion of {_MY_DATA}|erasure of {_MY_DATA}",
    r"(remove|delete|erase) (me|us|my (e ?mail|name|address|e ?mail address)) from (all |any )?(of )?(your|the"
    r"|this) (\w+ )?"
    r"(database|databases|data base|system|systems|records|crm|files|servers?)",
    r"right (to erasure|to be forgotten|of access)|(subject access|data subject|erasure) request",
    r"(lösch\w*|entfern\w*|vernicht\w*) (sie )?(bitte )?(alle |sämtliche )?(meine|meiner|unsere) (\w+ )?(daten"
    r"|kontaktdaten)"
    r"|(meine|meiner|sämtliche|alle meine) (\w+ )?daten (umgehend |sofort |bitte |vollständig |unverzüglich "
    r"|zu )*(gelöscht"
    r"|löschen|entfernen)|löschung (aller )?(meiner|unserer) (\w+ )?daten",
    r"(supprim\w+|effac\w+) (toutes )?(mes|nos) (données|coordonnées|informations)|suppression de (toutes )?mes données"
    r"|droit (à l oubli|à l effacement|d accès)",
    r"(elimin\w+|borr\w+|suprim\w+) (todos )?(mis|nuestros) (datos|datos personales)|derecho (de|al) (supresión"
    r"|olvido)",
    r"(cancell\w+|elimin\w+|rimuov\w+) (tutti )?(i )?(miei|nostri) dati|diritto (all oblio|alla cancellazione)",
    r"(verwijder\w*|wis\w*) (u )?(al |alle )?(mijn|onze) (persoonlijke )?(gegevens|persoonsgegevens)"
    r"|recht op vergetelheid",
    r"(apag\w+|exclu\w+|elimin\w+|remov\w+) (todos )?(os )?(meus|nossos) dados",
    r"(radera|ta bort|slett|slet) (alla |alle )?(mina|mine|mine personlige) (uppgifter|personuppgifter|oplysninger|data"
    r"|personopplysninger)|poistakaa (kaikki )?tietoni",
    r"(usuń|usunąć|usunięcie|usuńcie) (wszystkie )?(moje|moich) (dane|danych)|(smažte|vymažte"
    r"|odstraňte) (všechny )?(moje|mé)"
    r" (\w+ )?údaje|töröl\w+ (az )?adataimat|ștergeți datele mele|(kişisel )?verilerimi (silin|siliniz)",
    r"удалите (все )?мои (\w+ )?данные|видаліть (усі )?мої (\w+ )?дані|διαγράψτε τα (προσωπικά )?δεδομένα μου",
    r"(删除|刪除)我的(所有)?(个人|個人)?(数据|资料|資料|信息)|個人情報を(削除|消去)|개인\s?정보(를)?\s?삭제",
)

ASKS_ABOUT_DATA = pattern(
    r"(copy of|access to|what|which) (all )?(the )?(personal )?(data|information) (that )?(do )?you (hold|have|store"
    r"|keep)"
    r" (about|on) me|(where|how) did you get my (e ?mail|address|data|name|details|contact)",
    r"auskunft (nach|gemäß|gem) (art|dsgvo)|woher haben sie (meine|meinen) (\w+ ?)?(adresse|daten|e ?mail|kontakt"
    r"|namen)"
    r"|(comment|où) avez vous (eu|obtenu|trouvé) (mon|mes) (adresse|e ?mail|mail|coordonnées|données)"
    r"|(cómo|de dónde) (han|ha) (obtenido|conseguido|sacado) (mi|mis) (correo|e ?mail|datos|dirección)",
)
"""A question to us, not about a product."""

ABOUT_LAW = pattern(
    r"\b(gdpr|dsgvo|rgpd|lgpd|ccpa|can ?spam|avg|lawyer|attorney|solicitor|legal action|take legal|report you|sue you"
    r"|anwalt|abmahnung|abmahnen|rechtsanwalt|avocat|cnil|abogado|aepd|avvocato|garante|advocaat|advogado|advokat|ico"
    r"|data protection|datenschutz\w*|unlawful|illegal|harass\w*|complaint|beschwerde)\b"
)
ASKS_HOW = pattern(
    r"^(how|does|do|is|are|what|when|why|where|which|can (i|we|users|people|customers|your)|could (i|we)|if|wie"
    r"|kann ich|ist"
    r"|sind|was|wo|comment|est ce|peut on|cómo|puedo|se puede|come|posso|hoe|kan ik|como|hur|hvordan|miten|jak|hogyan"
    r"|cum"
    r"|nasıl|как|як|πως)\b"
)
"""A question about how things work: of a product, not to us."""

BUT = re.compile(
    r"[,;:\u2013-]\s*\b(?:but|aber|jedoch|mais|pero|ma|però|maar|mas|porém|men|mutta|ale|ama|fakat|но|але|αλλά|however"
    r"|or|oder|otherwise|sonst|ansonsten|sinon|si no)\b|\s(?:but|however|aber|pero|otherwise|sonst)\s|\sor (?=i\b"
    r"|we\b|you\b|else\b)"
    r"|[、，,]?(?:ただし|但是|但|하지만)",
    re.IGNORECASE,
)

GREETING = pattern(
    r"^(hi|hello|hey|dear|good (morning|afternoon|evening|day)|greetings|hallo|guten (tag|morgen|abend)|sehr geehrte\w*"
    r"|liebe[rs]?|moin|servus|grüezi|bonjour|bonsoir|cher|chère|madame|monsieur|hola|buenos dias|buenas( tardes)?"
    r"|estimad\w+"
    r"|querid\w+|ciao|buongiorno|buonasera|salve|gentile|egregio|spett\w*|beste|geachte|goedemorgen|goedemiddag"
    r"|goedendag"
    r"|dag|olá|oi|bom dia|boa (tarde|noite)|prezad\w+|car[oa]s?|hej|hejsan|god (dag|morgon|morgen|kväll)|hei|kære|kjære"
    r"|moi|terve|hyvää (päivää|huomenta)|dzień dobry|cześć|witam|szanown\w+|dobrý den|ahoj|zdravím|vážen\w+|tisztelt"
    r"|kedves|szia|jó (napot|reggelt)|bună( ziua)?|salut|stimat\w+|merhaba|selam|sayın|iyi günler|здравствуйте|привет"
    r"|добрый (день|вечер)|доброе утро|уважаем\w+|добрий день|доброго дня|вітаю|шановн\w+|γεια|καλημέρα|καλησπέρα"
    r"|αγαπητ\w+|مرحبا|السلام عليكم|أهلا|تحية|שלום|היי|בוקר טוב|ערב טוב)\b",
    "^(こんにちは|お世話になっております|お世話になります|拝啓|您好|你好|尊敬的|안녕하세요|안녕하십니까)",
)
SIGN_OFF = pattern(
    r"^((kind|best|warm|many|with|kindest|warmest)? ?(regards|wishes)|best|cheers|thanks|thank you|thx|many thanks"
    r"|sincerely"
    r"|yours( \w+)?|thanks in advance|thank you in advance|all the best|have a (nice|good|great) (day|weekend|one)"
    r"|mit freundlichen grüßen|mfg|(viele|beste|liebe|freundliche|herzliche) grüße|gruß|grüße|lg|vg|danke( \w+)?"
    r"|vielen dank"
    r"( im voraus)?|besten dank|cordialement|bien (cordialement|à vous)|salutations|sincères salutations"
    r"|merci(?! d(e|e (me|m|nous|ne|bien|vous))? \w+([eio]r|re)\b)( \w+){0,4}"
    r"|bonne journée|saludos( cordiales)?|un saludo|gracias( \w+){0,2}|muchas gracias|atentamente|cordiali saluti"
    r"|distinti"
    r" saluti|saluti|grazie( mille)?|buona giornata|met vriendelijke groet(en)?|mvg|groet(en|jes)?"
    r"|vriendelijke groet(en)?"
    r"|alvast bedankt|bedankt|dank je( wel)?|dank u( wel)?|atenciosamente|cumprimentos|com os melhores cumprimentos"
    r"|abraços?"
    r"|obrigad[oa]|grato|grata|med vänliga? hälsning(ar)?|vänliga hälsningar|mvh|hälsningar|tack( på förhand)?"
    r"|med venlig"
    r" hilsen|venlig hilsen|vh|hilsen|med vennlig hilsen|vennlig hilsen|tak( på forhånd)?|takk( på forhånd)?"
    r"|ystävällisin"
    r" terveisin|terveisin|t|kiitos|kiitoksia|pozdrawiam|z poważaniem|dziękuję( \w+)?|s pozdravem|hezký den|děkuji|díky"
    r"|üdvözlettel|tisztelettel|üdv|köszönöm|köszönettel|cu (stimă|respect)|mulțumesc|o zi bună|saygılar(ımla)?"
    r"|teşekkürler"
    r"|iyi çalışmalar|с уважением|спасибо( \w+)?|всего доброго|з повагою|дякую|με εκτίμηση|ευχαριστώ|مع التحية"
    r"|شكرا( لكم)?"
    r"|بكل احترام|תודה( רבה)?|בברכה)\b",
    "^(よろしくお願い|ありがとう|敬具|以上|谢谢|謝謝|此致|祝好|감사합니다|수고하세요|고맙습니다)",
)
