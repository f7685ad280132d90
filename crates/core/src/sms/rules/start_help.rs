//! Emergencies, the wish for texts, questions about us, and what a person should see.

use super::{Rule, doubtful, sure};

/// May be a medical emergency now (P9): answered with HELP, which carries the 911 line.
pub const EMERGENCY: &[Rule] = &[sure(
    "emergency",
    &[
        "thisis|its|it|have|having|theres an? medical? emergency send|help|please|here|now|$",
        "cant|not|isnt|stopped|trouble|hard|barely|wont|difficulty breathe|breathing $",
        "cant|cannot breathe send|help|call|please|hurry",
        "not|isnt|stopped|quit breathing send|help|call|please|hurry",
        "having|having|think|is|got a|an|my? heart|stroke|seizure|allergic|asthma attack|stroke|seizure|reaction",
        "having *2 heart|stroke|seizure|seizures|chest",
        "have|having|got|bad chest pain|pains|hurts",
        "^ chest pain|pains|hurts !was|is|in|on",
        "HELPME //4 fell|fallen|hurt|bleeding|unconscious|choking|collapsed|unresponsive|dying|fainted|overdosed|breathing|stroke|seizure",
        "fell|collapsed|fainted //3 cant|wont|isnt|not *2 get|move|waking|wake|up|moving|responding|breathing|breathe|talking",
        "is|isnt|hes|shes|im|not breathing well|right|funny|weird|bad|badly|hard|heavy|heavily|fast|shallow|normally|properly",
        "fell|collapsed|fainted|unconscious|unresponsive //6 HELPME",
        "is|im|hes|shes|are|just|has unconscious|unresponsive|choking|dying|collapsed|convulsing|overdosing|overdosed|bleeding",
        "took|taken *2 too many|much *1 pills|meds",
        "took|taken|swallowed *1 whole|entire|all bottle *2",
        "took|taken|swallowed *3 bottle of pills|meds|medication",
        "please send somebody|someone|help",
        "swallowed a|an|some *1 battery|batteries|magnet|magnets|coin|bleach|poison|detergent|glass|pill|pills",
        "collapsed *3 not responding|breathing|moving|waking",
        "cant|wont STOPV the? bleeding|vomiting|throwing|shaking|seizing",
        "bleeding|blood *1 wont|doesnt|cant|isnt STOPV",
        "^ send|call|get an? *1 ambulance|paramedics|ems",
        "i|we|please need an? *1 ambulance|paramedics",
        "need|send|call|get *1 an ambulance|paramedics rightnow|now|here|to|asap|please|immediately",
        "^ call|need 911",
        "need 911",
        "die today|tonight",
        "kill|killing|hurt|hurting|harm|harming myself",
        "want|wanna|ready to? die",
        "end|take|ending my own? life",
        "want|going|wanna to? end it all",
        "dont want to live|wake|exist",
        "dont want to be here|alive anymore|$",
        "someone|somebody|he|she|they|i|friend overdosed|collapsed|fainted",
        "suicidal",
        "no puede|puedo respirar",
        "no respira|responde|despierta",
        "esta|estoy inconsciente|sangrando|convulsionando|muriendo",
        "duele *1 el? pecho",
        "tengo|siento|tiene|siente|fuerte *1 dolor de|en el? pecho",
        "necesito|manden|mandenme|envien|llamen|necesitamos *1 una|la ambulancia",
        "cayo //4 no *3 levantar|levanta|mueve|responde",
        "ayuda|auxilio //5 cayo|desmayo|inconsciente|respira|sangrando|infarto|desmayada|desmayado",
        "es una emergencia $",
        "esta|tiene|teniendo *2 infarto|derrame|ataque",
        "quiero morir|morirme|matarme",
        "^ auxilio|socorro $",
    ],
)];

/// A past or denied emergency: no match of [`EMERGENCY`] counts.
pub const NO_EMERGENCY: &[Rule] = &[sure(
    "no-emergency",
    &[
        "wasnt|not|never having|had",
        "if|unless|only *4 emergency",
        "phone|battery|cell is dying",
        "pain bill|charge",
        "why *3 ambulance",
    ],
)];

/// The keyword sent by mistake (P10).
pub const MISTAKE: &[Rule] = &[sure(
    "start-after-a-mistake",
    &["MISTAKE", "por error|accidente|equivocacion", "sin querer", "changed my mind", "cambie de opinion"],
)];

/// START beside the admission of a mistake: its own clause is enough.
pub const START_BESIDE_MISTAKE: &[Rule] = &[sure(
    "start-after-a-mistake",
    &[
        "^ start|unstop|resubscribe|optin|comenzar|iniciar $",
        "put|add|sign me|us back on|up",
        "mandenme|envienme|mandeme|envieme *3 TXTS otra|de vez|nuevo",
    ],
)];

/// An explicit wish for texts (P8).
pub const START: &[Rule] = &[
    sure("start-keyword", &["^^^ start|unstop|resubscribe|optin|comenzar|iniciar|reanudar $$$"]),
    sure(
        "start-request",
        &[
            "^ STARTV *1 up? texting|messaging|notifying *1 ME|again|$",
            "^ STARTV *1 sending|the|receiving|getting *3 TXTS",
            "^ STARTV my|the|your|these|all|sending? TXTS",
            "WISH *2 to? STARTV *2 texting|messaging|TXTS|getting|receiving|sending *3 TXTS|me|again|$",
            "i|we|id WISH *1 to? receive|get|have *3 TXTS again|back|$",
            "i|we WISH *2 TXTS again|back|resumed|restarted|restored",
            "signup *1 me|us *2 for *3 TXTS",
            "sign me|us back? up *2 for *3 TXTS",
            "sign me|us back up",
            "opt me|us back? in $",
            "opt me|us back? in to? *2 TXTS",
            "add|put me|us back? on|to *2 TXTS",
            "add|put me|us back *3 TXTS|LIST",
            "^ optin to? *2 TXTS|$",
            "WISH *2 optin",
            "WISH *1 to? opt back? in",
            "^ STARTV *1 them|it|these *1 again|back|up",
            "activen|activenme|active|activa|reactiven|reanuden|vuelvan *3 TXTS",
            "^ resubscribe",
            "WISH *2 resubscribe|unstop",
            "^ subscribe me !me",
            "turn|switch *3 TXTS *1 back? on",
            "turn them|these back on",
            "unblock me $",
            "can|may|could text|message|contact me|us again $",
            "please? text|send|message me *2 TXTS again $",
            "take me off *2 optout|optouts *1 LIST?",
            "vuelvan|vuelva a mandarme|enviarme|mandarnos *2 TXTS",
            "ok|okay|fine|good to text|message me again $",
            "bring|want|get *2 TXTS back",
            "quiero|quisiera|deseo|gustaria|acepto *1 recibir *3 TXTS",
            "quiero|quisiera *2 que *2 manden|envien *3 TXTS",
            "vuelvan|vuelva|volver a escribirme|textearme",
            "volver|vuelvan|vuelva a ESINF|recibir *2 TXTS",
            "reanuden|reanudar|reactiven|reactivar|activen|activar|reanude|reactive *2 TXTS",
            "suscribanme|suscribirme|suscribeme|suscribame|inscribanme|inscribeme|resuscribanme",
            "empiecen|comiencen|empezar|comenzar *1 a? ESINF|ESGER *2 TXTS",
        ],
    ),
];

/// Asks who we are, or for help with nothing named (P9).
pub const HELP: &[Rule] = &[
    sure(
        "help-keyword",
        &["^^ help|info|ayuda|informacion|assistance|auxilio $$", "^^ help|info|ayuda , NAME $$"],
    ),
    sure(
        "help-request",
        &[
            "^^ need|want *1 help $$",
            "^^ i|we =1 need|want =2 help|assistance|info|information $$",
            "^^ help me|us $$",
            "^^ send? more? help|info|information $$",
            "^^ i? need|want more help|info|information $$",
            "^^ can|could|will you? help|assist me|us? $$",
            "^^ can|could|will someone|anyone|somebody help|assist me|us? $$",
            "^^ necesito|necesitamos|quiero *1 ayuda|informacion $$",
            "^^ ayudenme|ayudeme|ayudame|auxilio $$",
            "^^ me puede|pueden|podria ayudar $$",
            "^^ can|could|will someone|anyone|somebody there|here help|assist me|us? $$",
            "^^ necesito|quiero que alguien me ayude|atienda|ayuden $$",
            "^^ who|whom am i talking|speaking|texting to|with? $$",
            "^^ is|are this|these|you *2 actually|really|legit *4 scammer|scam|fake|real|fraud $$",
            "^^ more info|information $$",
            "^^ mas informacion $$",
        ],
    ),
    sure(
        "who-are-you",
        &[
            "^ who|whos this|dis|it|texting|messaging|calling|that|there|thisis",
            "^ who are|r|am|is|sent|do|be|u *2 you|u|this|texting|me|it|yall|text|message|with",
            "what|which *1 company|agency|organization|business|office is|are|$",
            "^ what|whats is? this|thisis|that|it about|regarding|for|concerning|pertaining|$",
            "^ whats thisis|this about|for|regarding|concerning|in|$",
            "^ what are|is these|this|the TEXTS|texts|message|TEXT",
            "^ whats this|these|the TEXTS|TEXT|PHONE",
            "is|are this|thisis|these|you|it|yall|u *3 scam|spam|legit|legitimate|real|fraud|phishing|fake|bot|scammer|scammers",
            "^ thisis a? scam|spam|legit|real $",
            "^ scam|spam|legit|real $",
            "how|where *3 get|got|have|find *1 my|this PHONE",
            "who gave *2 my PHONE",
            "why *2 you|u *1 texting|messaging|contacting|text|calling",
            "why am|did i getting|receiving|get|receive *2 TEXTS|TEXT|DEM",
            "identify yourself",
            "dont know who *1 this|you|thisis",
            "who *1 you *1 with|represent",
            "ASKWHO es|eres|son|habla|manda|escribe|esta|me|envia|soy|usted|ustedes",
            "de parte de? ASKWHO",
            "de donde son|escriben|llaman",
            "de parte ASKWHO",
            "de que se? trata",
            "que es esto|eso $",
            "que empresa|compania",
            "es|esto *2 estafa|fraude|legitimo|real|verdad",
            "por que me? *1 escriben|mandan|escribe|contactan|textean",
            "como *2 mi PHONE",
            "donde *3 mi PHONE",
        ],
    ),
];

/// For a person's eyes: hostile, about a keyword without our being sure, or a matter that will not wait (P5, P7).
pub const REVIEW: &[Rule] = &[
    doubtful("mentions-a-keyword", &["KEYWORD|UNSUB|STOPV|CANCELV|REMOVEV|ESSTOP|ESCANCEL|ESREMOVE"]),
    doubtful("hostile", &["HOSTILE"]),
    doubtful(
        "deceased-or-dispute",
        &[
            "deceased|died|dead|fallecio|murio|dispute|disputing|refuse|refused|lawyer|attorney|bankruptcy|minor|hospice",
        ],
    ),
];
