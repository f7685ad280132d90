//! English words by class, lower case, apostrophes left out (`dont`). Spanish is in [`super::words_es`].
//!
//! To teach the reader a word, add it to the class whose sense it has; a word may be in several. A new class needs a line here
//! and a rule in [`super::rules`] that uses it. Every known word, in any class, is also known not to be somebody's name.
//! Add a row to `tests/data/optout-own.tsv` with each change.

/// Two neighbours that count as one word: first, second, whole.
pub const JOINED: &[&str] = &[
    "do not dont",
    "don t dont",
    "did not didnt",
    "does not doesnt",
    "is not isnt",
    "was not wasnt",
    "are not arent",
    "have not havent",
    "has not hasnt",
    "will not wont",
    "won t wont",
    "can not cant",
    "can t cant",
    "would not wouldnt",
    "should not shouldnt",
    "didn t didnt",
    "isn t isnt",
    "doesn t doesnt",
    "i am im",
    "i m im",
    "i will ill",
    "i have ihave",
    "you all yall",
    "opt out optout",
    "opt outt optout",
    "opted out optedout",
    "opting out optingout",
    "opts out optedout",
    "opt in optin",
    "opted in optedin",
    "un subscribe unsubscribe",
    "un stop unstop",
    "un sub unsub",
    "un enroll unenroll",
    "re subscribe resubscribe",
    "stop all stopall",
    "sign up signup",
    "signed up signedup",
    "sign upped signedup",
    "signing up signup",
    "turn off turnoff",
    "shut off turnoff",
    "switch off turnoff",
    "turning off turnoff",
    "cut off cutoff",
    "text message textmessage",
    "text messages texts",
    "text msg textmessage",
    "text msgs texts",
    "txt msgs texts",
    "txt messages texts",
    "sms messages texts",
    "no more nomore",
    "no longer nolonger",
    "go away goaway",
    "thank you thankyou",
    "thank u thankyou",
    "e mail email",
    "non stop nonstop",
    "no one noone",
    "any more anymore",
    "some one someone",
    "non consent nonconsent",
    "ihave not havent",
    "ill not wont",
    "rather not rathernot",
    "prefer not rathernot",
    "dont not dont",
    "who is whos",
    "what is whats",
    "you are youre",
    "u r youre",
    "this is thisis",
    "thats it thatsit",
    "wrong num wrongnumber",
    "f off foff",
    "f you fyou",
    "f u fyou",
    "blow up blowup",
    "blowin up blowingup",
    "blows up blowup",
    "blew up blowup",
    "hittin up hittingup",
    "blowing up blowingup",
    "hitting up hittingup",
    "that is thats",
    "right now rightnow",
    "right away rightnow",
    "at once rightnow",
    "per manently forever",
    "credit report creditreport",
    "do nt dont",
    "auto text textmessage",
    "late fee fee",
    "late fees fees",
    "late charge charge",
    "late charges charges",
    "late penalty penalty",
    "auto texts texts",
    "auto message textmessage",
    "auto messages texts",
];

/// Usual ways to write a word: written, meant.
pub const MEANT: &[&str] = &[
    "dnt dont",
    "dont't dont",
    "donot dont",
    "donnot dont",
    "dontt dont",
    "dun dont",
    "doont dont",
    "dony dont",
    "donr dont",
    "stahp stop",
    "stawp stop",
    "enuf enough",
    "enuff enough",
    "enought enough",
    "nomo nomore",
    "nomor nomore",
    "nuff enough",
    "agn again",
    "agin again",
    "agian again",
    "yous you",
    "yu you",
    "thx thanks",
    "msges messages",
    "mssgs messages",
    "mesg message",
    "mssg message",
    "msgz messages",
    "txtz texts",
    "textes texts",
    "txting texting",
    "unsubscribed unsubscribed",
    "leev leave",
    "tet text",
    "tect text",
    "yext text",
    "rext text",
    "twxt text",
    "texr text",
    "texy text",
    "tezt text",
    "txet text",
    "txte text",
    "nit not",
    "noot not",
    "dint dont",
    "wnat want",
    "wan want",
    "wants want",
    "snd send",
    "lev leave",
    "fk fuck",
    "fukk fuck",
    "fvck fuck",
    "fuxk fuck",
    "fook fuck",
    "fuq fuck",
    "tak take",
    "taek take",
    "waht what",
    "nemore anymore",
    "nomre nomore",
    "nemor anymore",
    "ubsubscribe unsubscribe",
    "lve leave",
    "leve leave",
    "alon alone",
    "thier their",
    "wrg wrong",
    "rong wrong",
    "peeps people",
    "shutup stop",
    "cannot cant",
    "caint cant",
    "aint isnt",
    "ain isnt",
    "shant wont",
    "pleez please",
    "plea please",
    "em them",
    "dem them",
    "dis this",
    "dat that",
    "tha the",
    "wit with",
    "w with",
    "frm from",
    "offa off",
    "outta out",
    "imma im",
    "ima im",
    "gonna going",
    "lemme letme",
    "gimme give",
    "bothr bother",
    "phne phone",
    "fone phone",
    "fon phone",
    "ph phone",
    "cel cell",
    "cells cell",
    "nmbr number",
    "nbr number",
    "numba number",
    "tel phone",
    "remv remove",
    "rem remove",
];

/// Words watched for when they are misspelt, stretched or spelt out letter by letter.
pub const SPELLINGS: &str = "stop quit end cancel remove revoke unsubscribe text texts texting message messages messaging contact contacting please number wrong \
    alone bother bothering harassing leave delete notifications reminders alerts sending calling spamming phone anymore again fuck consent lose permission subscribed \
    mensajes numero equivocado basta alto parar paren cancelar molestar molesten escriban manden mandando mandar favor borrenme quitenme dejenme mandarme away no \
    receive receiving interested person nomore unstop";

/// Word classes.
pub const CLASSES: &[(&str, &str)] = &[
    // Shapes that the tokeniser gives; no words of their own.
    ("NAME", ""),
    ("NUMBER", ""),
    ("WEBADDRESS", ""),
    ("AND", "and or"),
    ("TITLE", "mr mrs ms dr miss"),
    ("JOINER", "and or but cuz because"),
    // Before and after what counts.
    (
        "FILLER",
        "dumbass dumbasses dickhead dickheads shithead shitheads fuckface prick pricks jackass jackasses scum clowns clown weirdos weirdo vultures moron idiot loser dipshit asshat bastard motherfucker motherfuckers fuckers dipshits dummy jerk grief gosh geez sheesh jeez lordy alright aight fr bruh hun sis please pls plz plse pleas plss plzz ok okay k kk hi hello hey yo dear sir madam maam just kindly now so well then again oh omg lol ugh um uh yes \
      yeah yep no sorry thanks thankyou thx ty tks good morning afternoon evening and listen look seriously really literally actually already dude bro man lady people \
      folks guys yall you u ya can could would will must should better ever god jesus christ damn ffs wtf simply honestly immediately said fucking fuckin fkn \
      freaking frickin effing all goddamn bloody hell fuck fucker assholes asshole bastards idiots morons bitch bitches nope re acct acc account hereby yesss attention anyone everyone somebody someone lets gotta",
    ),
    (
        "TAIL",
        "creep pervert you mf dumbass dumbasses dickhead dickheads shithead shitheads fuckface prick pricks jackass jackasses scum clowns clown weirdos weirdo vultures moron idiot loser dipshit asshat bastard motherfucker motherfuckers fuckers dipshits dummy jerk please pls plz plse pleas plss plzz thanks thankyou thx ty tks now today again anymore ever immediately asap already rn rightnow forever permanently \
      completely period ok okay me bye lol dude bro man people guys yall sir maam madam kindly god damn ffs wtf fucking fuckin fuck assholes asshole shit crap bs bullshit \
      nonsense mess instantly totally altogether entirely here too right goddamn bitch bitches idiots morons bastards already sincerely respectfully foolishness \
      madness garbage harassment tonight tomorrow peace u ya or else soon everybody everyone jerks loser losers creeps scammers folks",
    ),
    ("PLEASE", "please pls plz plse pleas plss plzz kindly"),
    (
        "PROFANE",
        "mf mfing fkin fckin fukin fking fuking fuck phuck fck fuk fucking fuckin fkn freaking frickin effing shit crap damn goddamn hell ass bullshit bs bloody motherfucking",
    ),
    // Words that only add force or courtesy: left out when a text is read the second time.
    (
        "NOISE",
        "mf mfing fkin fckin fukin fking fuking fucking fuckin fkn freaking frickin effing goddamn damn damned bloody stupid stinking motherfucking stinkin dumb dang tf please pls plz plse pleas plss plzz kindly \
      just really literally actually honestly seriously ever even simply so basically yall guys folks bro dude man sir maam also probably respectfully politely immediately \
      already",
    ),
    (
        "HOSTILE",
        "fuck fucking fuckin shit crap bullshit bs thieves crooks scammers scam assholes asshole bitch bastards idiots morons fyou ripoff robbery criminals liars \
      hate sue lawyer attorney lawsuit ridiculous bitches stfu screw greedy vultures disgusting pissed motherfuckers fucker fuckers damn hell fraud extortion spam harassment",
    ),
    // Who and what number.
    ("ME", "me us my our mine myself ourselves"),
    ("YOU", "you u yall ya they them everyone anybody anyone people folks somebody your youre youguys"),
    ("PHONE", "number phone cell cellphone line device telephone mobile num digits"),
    // The texts.
    (
        "TEXTS",
        "texts messages msgs msg sms mms notifications notification reminders reminder alerts alert communications communication communicating correspondence updates notices \
      solicitations solicitation subscription subscriptions spam txts contact textmessage txtmsg robotexts autotexts texties blasts",
    ),
    ("TEXT", "text message txt contact"),
    ("THESE", "these those this that the all any your ur"),
    ("DEM", "this that these those it them all everything anything stuff"),
    (
        "CONTACTED",
        "buzzed dinged paged poked nagged flooded inundated phoned dmed contacted texted messaged called bothered notified emailed reached solicited harassed spammed disturbed reminded alerted pinged hassled bugged pestered hounded annoyed messeged",
    ),
    (
        "CONTACTING",
        "hollering hollerin texing waking upsetting confusing scaring buzzing dinging paging poking nagging flooding inundating ringing dming imessaging tormenting troubling phoning corresponding messagin contactin botherin harassin buggin texting txting textin txtin messaging msging messagin contacting calling callin bothering harassing harrassing bugging spamming annoying pestering sending sendin emailing \
      writing reaching pinging hounding stalking disturbing notifying reminding alerting asking bombarding threatening soliciting trying doing communicating blowingup \
      hittingup hitting blowing badgering nagging irritating messing wasting playing pushing using disrupting interrupting replying responding flooding blasting lying scamming bullying begging",
    ),
    (
        "WHICH",
        "more text sms further additional fucking damn stupid freaking stinking mas such of these those your goddamn other extra",
    ),
    (
        "ANNOYED",
        "upsetting nuisance creepy scary hurtful distressing painful stressful stressing unprofessional annoyed annoying sick tired hate hating harassment harassing spam spamming ridiculous enough intrusive disturbing unacceptable inappropriate unwelcome irritating done fed rude harto harta hartos cansado cansada acoso molesto molesta molestos bothersome excessive",
    ),
    (
        "PESTERING",
        "disturbing waking interrupting irritating nagging harassing harrassing bothering spamming annoying bugging pestering hounding stalking",
    ),
    ("TEXTED", "texted messaged contacted bothered notified reminded alerted"),
    ("GETTING", "getting receiving gettin recieving"),
    (
        "CONTACT",
        "hollar holla holler buzz ding page poke hassle nag pester badger bombard flood blast inundate ring dm imessage whatsapp tx beep harrass spamming hound stalk bother hmu torment trouble correspond text txt txet tex message msg contact call bother send email write harass harrass bug disturb remind reach notify spam solicit communicate ping annoy pester hound hit blowup blow texted \
      bombard mess respond reply badger threaten texting messaging contacting calling",
    ),
    ("WRITE", "text txt message msg contact texting"),
    // A refusal, an end or an offence, wherever it stands in the sentence.
    (
        "REFUSAL",
        "gone skip spare ditch scrap lose dont never no not nolonger wont nomore wouldnt shouldnt cant neither nor rathernot without didnt isnt stop stopall stopping stopped quit quitting cease halt end ends ending ended \
      enough over done off out fuck fck shove screw hate sick tired fed annoyed annoying annoys harassment harassing harassed bother bothering bothered block blocked blocking report reported reporting \
      sue spam spamming wrong stranger cancel remove removed delete unsubscribe optout refuse decline excessive ridiculous too crazy insane hold pause chill ease relax avoid discontinue disable \
      basta pare paren no nunca jamas yano nomas nada ninguno ningun sin tampoco harto harta hartos cansado cansada mal",
    ),
    // Signs that a text is spoken of as one that should come, or is answered: the broad rule keeps away.
    (
        "TEXTWANTED",
        "left spanish espanol ingles english gustan gusta encantan thx ty best deaf hearing sigan continuen continue help helps helped bien otra volver vuelvan like remember said says says send sending reply assistance link links page site website open opened opens load loads loading click clicked resend lost deleted missed expired show shows showing came come received got get getting see saw seen find read \
      blank error works working thanks thank appreciate helpful prefer better easier fine ok good back again start restart until call calls phone email mail my his her number amount who what when why how which \
      if did does do can could yes still keep sorry responded reply replied reading answer understand understood sent recibi recibio recibido llego llega llegan abre abrir enlace prefiero mejor mande mandar",
    ),
    // Words that end something.
    (
        "STOPV",
        "stop stopall quit cease discontinue halt desist stops stopping quitting knockoff refrain avoid",
    ),
    (
        "CANCELV",
        "cancel end terminate suspend disable deactivate turnoff discontinue pause halt mute silence cutoff kill cease stop stopall remove unsubscribe optout block unenroll cancelling canceling ending delete quit terminating disconnect unlink",
    ),
    (
        "REMOVEV",
        "remove rmv delete erase drop scrub strike unlist purge scratch wipe unenroll withdraw disconnect deregister unregister exclude forget detach removing deleting",
    ),
    ("TAKEV", "take get pull keep leave drop strike scratch"),
    (
        "LOSEV",
        "lose loose forget trash burn erase scrub block toss shred delete remove drop discard scratch disconnect",
    ),
    ("REMOVED", "removed deleted erased unsubscribed optedout unlisted excluded withdrawn unenrolled"),
    ("REMOVAL", "removal unsubscription cancellation"),
    (
        "REVOKEV",
        "taking took revoke revoking withdraw withdrawing rescind retract revoked withdrawn rescinding cancel take",
    ),
    ("UNSUB", "unsubscribe unsubscribing unsub optout optingout unsubscribed unenroll optedout delist"),
    ("LIST", "list lists database contacts system records distribution mailing rolodex directory"),
    ("NOTWANT", "dont never nolonger doesnt didnt not wouldnt wont nor neither donot"),
    ("SELF", "i im ive ihave we already times second third last"),
    ("CALLSWAP", "just only instead prefer please can but rather better"),
    ("HELPME", "help sos ayuda auxilio"),
    ("STARTV", "start resume restart begin reactivate reinstate"),
    ("STOPPABLE", "this that it these now all everything please contacting the you your with already"),
    (
        "TXTS",
        "texts messages sms alerts reminders notifications msgs txts mensajes textos notificaciones recordatorios avisos alertas",
    ),
    (
        "NOT",
        "dont not never no cant wont isnt didnt doesnt nolonger neither arent wouldnt havent shouldnt wasnt hasnt",
    ),
    ("DONT", "dont never dnt donot"),
    (
        "WANT",
        "want wants wanna wish need like care desire wanting prefer ask choose wanted elect would request demand authorize allow accept consent permit agree appreciate read do",
    ),
    (
        "WISH",
        "want wants wanna wish need like desire wanting prefer request demand asking requesting asked demanding ask insist",
    ),
    (
        "SIGNED",
        "signedup signup subscribed subscribe enrolled agreed agree consent consented asked requested request authorized registered register optin optedin approved ask enroll authorize",
    ),
    ("CONSENT", "permission consent authorization approval authority permisson"),
    ("WRONG", "wrong incorrect rong mistaken wrng worng wrogn wong"),
    (
        "WRONGONE",
        "nigga mf bitch fella fellas fellow feller chap bloke gent kid mom dad number person guy phone party contact recipient man lady woman individual one dude girl gal somebody family cell num peron human people house household",
    ),
    ("GOAWAY", "hush foff stfu gtfo scram shoo begone fuckoff pissoff"),
    ("AGAIN", "again anymore more another next once continue keep still"),
    (
        "THREAT",
        "sue suing lawyer attorney police report reporting block blocking legal lawsuit court fcc ftc cops complaint charges harassment action swear",
    ),
    ("SAYS", "says say said saying reads read tells told states mentions instructs"),
    (
        "KEYWORD",
        "stop stopall quit end cancel unsubscribe optout revoke remove alto parar pare paren basta baja fin salir cancelar",
    ),
    // Other objects: what the wish is about when it is not the texts (P5). BILLS arrive by text, so "stop sending bills" is none of these.
    (
        "OTHER",
        "ach eft hurting aching itching garnishments denial denials denying discount discounts hardship charity rent mortgage price prices itemized rebill estate probate bill charge charges card payment payments plan plans appointment appointments appt insurance policy coverage claim claims fee fees check debit autopay draft drafts autodraft \
      transaction refund balance debt collections collection credit creditreport mail medication meds medicine treatment therapy ambulance transport transportation ride trip surgery visit checks \
      invoice lien interest loan dispute installments installment penalty garnishment deduction deductions withdrawal withdrawals transfer order pickup procedure prescription \
      blood thinner pain bleeding smoking drinking job work taking deducting debiting drafting withdrawing driving eating crying school lab labs class mileage address \
      license licence hipaa medicare medicaid aetna cigna humana bcbs provider doctor \
      hospital nurse office store link autopayment stitches cast sutures iv oxygen dnr statement balance copay deductible pharmacy dialysis chemo bills invoices faxes fax statements settlement settlements financing payroll wage wages \
      membership charged reservation meeting ex tax taxes auto paying checking bank cards driver ems paramedic paramedics breathing heart bus car truck traffic ticket overpayment duplicate paperless portal login password recurring arbitration claim",
    ),
    // Whom one may ask to have taken off an account.
    (
        "FAMILY",
        "nephew niece cousin aunt uncle stepson stepdaughter neighbor roommate granddaughter grandson sobrino sobrina nieto nieta primo prima tia tio abuela abuelo suegra suegro hermana hermano son daughter wife husband mom dad mother father spouse kid child brother sister grandma grandpa ex partner dependent mama esposo esposa hijo hija",
    ),
    (
        "FAMILYS",
        "teenagers teens babys toddlers jobs works bosses sons daughters wifes husbands moms dads mothers fathers kids childs minors brothers sisters parents grandmas grandsons granddaughters girlfriends boyfriends friends roommates",
    ),
    (
        "INSURER",
        "insurance insurer medicare medicaid aetna cigna humana bcbs carrier employer hospital ambulance doctor",
    ),
    (
        "MAILPLACE",
        "address house mail apartment mailbox envelope paper letters letter insurance insurer collections collection home postal po mailed medicare medicaid ex former previous old aetna cigna humana usps",
    ),
    (
        "GAPSTOP",
        "care texting txting messaging contacting calling bothering harassing bugging spamming sending emailing asking with about it until till unless for before after when i im ill ive you u we they paid texts \
      messages text msgs sms notifications reminders alerts me us if not already hounding harrassing pestering threatening notices subscription communication communications contact these them trying \
      hes shes he she whoever nobody wrong dont thankyou lying wasting stop please harassment who why what im theres getting",
    ),
    (
        "MISTAKE",
        "mistake accident accidentally error accidently mistakenly oops meant mean wrongly unintentionally",
    ),
    ("DEADLINE", "after before until till past during between except only at on unless"),
    (
        "TIME",
        "weekdays weekday afternoon afternoons mornings night midnight morning noon work monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays weekends weekend early late hours day daytime evening evenings nights am pm",
    ),
    // Known words of no class, so that they are not taken for a name.
    (
        "COMMONWORD",
        "a an the i im ill ive he she we they it its his her their him at in on of to for from with by about as into over up down back is are was were be been being am do does did done \
      have has had having ihave this thisis that thats there here where when what whats who whos whose which why how if then than because since while though although until very much many lot lots few less fewer too \
      also only even still yet never always sometimes soon later today tomorrow yesterday week weeks month months year years day days hour hours time times date morning night pay paid paying pays owe owed owes money \
      cost costs cheap able sure ready home working insured covered well feeling happy going responsible available interested liable aware rich kidding joking right correct fair okay acceptable possible true enough \
      diabetic pregnant disabled retired employed unemployed eligible qualified married single injured hurt sick dead mad angry upset worried stupid dumb comfortable familiar clear certain positive satisfied funny fun easy urgent due bot zero refuse decline reject object oppose forbid prohibit heard meant intended paramedics paramedic medics emt emts nurses doctors used looking harassed reported shove died him person different nothing \
      emergency emergencies scheduled local legit real fake spam scam safe new old first second third last next same different other another each every both half some any none nothing something anything everything \
      patient patients customer client member deceased passed died dying fell fall can could would should may might must shall test tests testing contract contracts cancer remote along other content lease leaves against pleased plead prone spending remainder remainders elect parents contents stomp brother moved tried trying try tested wring given give gave giving got get gotten \
      see saw seen look looking find found lost think thought know knew known tell say ask talk talking speak speaking spoke hear heard help helping info information insurance accept accepting understand understood \
      set setting put add added change changed update updated send sent resend received receive start starting started begin resume restart restarting reactivate reinstate use used using need needs needed want wants \
      make makes made let lets keep keeps kept hold come came coming went gone go live lives living lived leave left call called voicemail hung answer answered question questions problem issue issues reason \
      bus sign light truck place places street corner road avenue crash accident hit er icu ems room bed chest breathe breathing breath bleeding unconscious overdose overdosed seizure stroke attack choking \
      suicide suicidal kill die killing money income job jobs school church store bank company business name names person people friend family kids baby boy girl owner anyone someone dog \
      mine yours ours theirs hers one two three four five six seven eight nine ten dollars dollar bucks hundred thousand percent mom mum mama daddy papa wife great best better worse bad big small long short full free whole part parts total amount \
      confused broke broken poor disconnected active inactive valid invalid wrong okay fine cool nice interested unable busy out off away alone without within against per via between during before after above below \
      harassment harass privacy private public legal law illegal federal state county city texas medical care health covid blood test results record records report reports file files form forms account accounts accountant \
      yet unsolicited unwanted unauthorized nothing further through thru something noone nobody none whoever belongs belong switched switching reassigned kid child minor landline answering machine \
      stopped ended cancelled canceled removed quite quiet shop stopper weekend weekends endoscopy ended nonstop zone date chance hi there really sign signs bills line lines sold hate love liked wait waiting wants wanting \
      reply respond press type word words button quote means mean instructions agree fall hope feel must god bless sorry thing things way ways sense else matter point instead rather mailed fax mailing enroll enrollment unenrolled \
      scheduled unless crazy serious hungry tired sick fed done finished through tomorrow dumbass literate english spanish yelling rude polite insured guarantor guardian caregiver parent spouse representative dependent veteran citizen",
    ),
];
