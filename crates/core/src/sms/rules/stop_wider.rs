//! The wish for the texts to end, told round about: by what the sender would rather, is done with, or tells us to do elsewhere.
//!
//! Tried after [`super::STOP_BROAD`], with the same means.

use super::{Rule, doubtful, sure};

/// Wishes told round about.
pub const STOP_WIDER: &[Rule] = &[
    sure(
        "would-rather-not",
        &[
            "rathernot|not|never|nolonger|dont|wont WISH? to? hear from|of ~if|until|unless|OTHER",
            "good|fine|straight|set|okay|ok|better without|wo|on *2 TEXTS|texting|TEXT ~OTHER",
            "better off without *2 you|TEXTS|texting|DEM",
            "like|prefer|want|wish|rather|ask to? not receive|get|getting|hear|see|receiving ~OTHER",
            "NOTWANT WANT *3 coming|going|sent|popping *2 PHONE|it|here|me ~OTHER",
            "^^ just|please dont|not $$",
            "^^ dont PLEASE $$",
            "^^^ out $$$",
            "^^ nomas no $$",
            "NOTWANT WANT *1 bills|bill coming|sent|going *1 to my|this|it",
        ],
    ),
    sure(
        "left-in-peace",
        &[
            "leave|leaving|let *4 in|at peace ~OTHER",
            "leave|leaving *4 alone|be $ ~OTHER",
            "leave me|us b $",
            "hasta cuando *1 van|va|vas|piensan|piensa|seguiran|siguen|sigue *2 ESINF|ESGER ~OTHER",
            "go pound sand|salt|rocks",
            "off *1 my *1 nuts|dick|balls|ass|case|back|line|tail",
            "YOU|yall|to|just chill|relax $",
            "pretend|act|imagine *1 YOU|i|we *2 dont|never|not *1 know|knew|met|exist",
            "bye|goodbye|adios forever|siempre",
            "we|were|are|im|i *1 finished|done|through *1 talking|texting|communicating|chatting ~OTHER",
            "YOU *2 give up ~OTHER|i|we",
            "^, give up $",
            "so give up $",
            "dejate|dejense|dejese|dejensen de ESINF ~OTHER",
            "no estes|esten|este|estemos ESGER",
            "make *3 goaway|disappear|vanish ~OTHER",
        ],
    ),
    sure(
        "asked-before",
        &[
            "how many *1 more|times *5 CONTACT|CONTACTING|TEXTS|tell|say|ask|telling|saying ~OTHER",
            "are|r YOU *2 going *2 STOPV ~OTHER",
            "so|then|now quit|stop|desist $ ~OTHER",
            "i|ive|ihave|we|im|did|didnt *3 said|say|saying|told|tell|telling *2 no|nope|nah $ ~OTHER|they|he|she",
            "^ said no $",
            "digo|dije|decir|dicho|dijimos *1 que no $",
            "cuantas veces *4 decir|digo|dije|pedir|pido|repetir ~OTHER",
            "second|third|fourth|fifth|last|final|2nd|3rd time *2 asking|saying|telling|requesting !for|if|why|when|how|what|about ~OTHER",
            "keep *1 up //8 THREAT|claims|judge|small",
            "i|we heard|got|read *3 the first time ~OTHER",
            "TEXT|TEXTS *2 plenty|sufficient",
            "TEXTS|texting|CONTACTING *3 wont|isnt|not|doesnt|cant|never|dont *2 make|help|helping|change|bring|speed|matter ~OTHER",
        ],
    ),
    sure(
        "no-leave-to-use-the-number",
        &[
            "PHONE *1 isnt|not *2 for|yours *1 you|yall|u|$",
            "no business|right|reason|cause *2 having|have|with|keeping *3 PHONE|my ~OTHER",
            "wasnt|werent|never|not asked *4 TEXTS|texted|texting ~OTHER",
            "uncheck|untick|unflag|deselect|unclick *3 TEXT|TEXTS|texting|box",
            "prohibido|prohibo|prohibimos *3 ESINF|TEXTS|ESWISH",
            "i|we dont|never do TEXTS|texting|text|phones|phone|cellphones ~OTHER",
            "TEXTS|texting *1 doesnt|dont|isnt|no $ ~OTHER",
        ],
    ),
    sure(
        "not-this-person",
        &[
            "dont|doesnt|not|never know|met|seen no|any|this|that|nobody *2 NAME $ ~OTHER",
            "mistyped|misdialed|misread|miskeyed|fatfingered *3 PHONE|it|$ ~i|OTHER",
            "whoever|whomever|who|person|guy *5 isnt|not|aint me $ ~OTHER",
            "^^ not him|her|them $$",
            "no soy yo? el|la|quien *1 que? buscan|busca|buscas|buscando",
            "^ no es *1 para mi|nosotros",
        ],
    ),
    doubtful(
        "not-for-texts",
        &[
            "PHONE is *2 private|unlisted|personal|confidential|unpublished ~OTHER",
            "reached|texting|contacted|called|contacting|texted *1 a|an|the|our|my *1 business|office|store|fax|landline|work|school|church line|number|phone",
            "share|shared|sharing *2 PHONE with *2 FAMILY|kids|children|friend",
            "FAMILY|kids|children|coworkers|boss|everyone *3 see|sees|seeing|read|reads|reading *2 DEM|TEXTS ~OTHER",
        ],
    ),
    doubtful(
        "by-another-way",
        &[
            "everything|all|anything|stuff|it *1 by|via|through|in|to *1 mail|letter|post|email|writing *2 now|future|forward|hereafter",
            "^, not *1 to|on|at|via|thru|through my|this|the PHONE",
            "all|any|further|future *1 contact|communication|communications|correspondence *2 go|goes|directed|sent|through|via",
            "no conmigo $",
        ],
    ),
];
