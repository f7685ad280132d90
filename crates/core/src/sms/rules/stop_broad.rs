//! The wish for the texts to end, told by what kinds of words stand together rather than by a wording.
//!
//! Tried after [`super::STOP`]. Each pattern joins a refusal, an end or a threat with a word of contact; `~OTHER` keeps it from a
//! clause that names a bill, a card, a treatment or another thing of its own.

use super::{Rule, doubtful, sure};

/// Broad signs of the wish.
pub const STOP_BROAD: &[Rule] = &[
    sure(
        "contact-refused",
        &[
            "dont|never|no|not|nolonger|without|nomore|wouldnt|shouldnt|cant|neither|nor|rathernot|wont *6 TEXTS|texting|messaging ~OTHER",
            "will|would|could|can|to|please|better|must|should *4 not *1 CONTACT *3 ME|DEM|PHONE|here|anymore|again|TEXTS ~OTHER",
            "never|not to *2 CONTACT|CONTACTED|TEXTED ~OTHER",
            "NOTWANT *2 CONTACT|TEXTED|CONTACTED *3 ME|PHONE|here|anymore|again|until|unless|till ~OTHER",
            "NOTWANT WANT !to *1 DEM *1 PHONE|from|anymore|again|here|$ ~OTHER",
            "NOTWANT WANT !to *1 DEM *2 on|at|to|from *2 PHONE|YOU|me ~OTHER",
            "TEXTS|TEXT|texting //7 so|please|just dont|stop $",
            "receive|want|send|need|wish nothing *2 from|on|to|else|more|further ~OTHER",
            "want|wish|like|need *2 nothing *1 from|to you|yall|u|this",
            "TEXTS|texting|TEXT *3 NOT *2 okay|ok|fine|cool|welcome|wanted|acceptable|allowed|alright|appreciated|needed|necessary|helpful ~OTHER",
            "TEXTS|texting NOT *1 work|works for me ~OTHER",
            "NOT|nobody|noone *2 allowed|permitted|authorized|welcome|entitled|supposed|invited|right|okayed|approved|cleared *2 CONTACT|CONTACTED|use|have|CONTACTING ~OTHER",
            "how|way|ways|where|can *4 not|avoid|prevent|escape|silence|block|quit|stop|end *3 DEM|TEXTS|getting|receiving ~OTHER",
            "how|way|ways|where|can *4 shut|turn|switch|cut|opt|get *4 off|out|rid|down ~OTHER",
            "DEM|TEXTS *3 turned|switched|shut|cut|taken off|down ~OTHER",
            "turn|switch|shut|cut|click|toggle *4 off ~OTHER",
        ],
    ),
    sure(
        "enough-of-texts",
        &[
            "lay|laying off",
            "ease|let|cool|wrap|pack|chill|back off|up|down|it|out *3 TEXTS|texting !again|back",
            "^ back|ease|let|lay off|up $",
            "give *2 rest|break *2 with|from *2 DEM|TEXTS|texting",
            "TEXTS|texting|YOU|DEM *3 driving|making|pissing *3 crazy|nuts|insane|mad|sick|angry|wall|off",
            "that|thats|its|thisis|had *2 enough $",
            "^ shut|zip it $",
            "^ pipe down $",
        ],
    ),
    sure(
        "wiped-from-records",
        &[
            "have|get|want|need|like *2 my|our|this|the *3 PHONE|name|info|information *3 wiped|erased|purged|scrubbed|dropped|scratched|struck|cleared|REMOVED ~OTHER",
            "PHONE|name *3 wiped|erased|purged|scrubbed|dropped|scratched|struck|REMOVED ~OTHER",
            "put|place|add|include *3 on *3 not|dnc|dont|block|stop|optout|blocked|excluded *2 CONTACT|list",
        ],
    ),
    sure(
        "no-right-to-contact",
        &[
            "when|where|how did i *2 SIGNED *3 DEM|TEXTS|$ ~OTHER",
            "did i *2 SIGNED *3 TEXTS",
            "no|not *2 right|reason|business|cause *3 CONTACT|CONTACTING|TEXTS ~OTHER",
        ],
    ),
    sure(
        "threat",
        &[
            "keep *3 up|on|going|doing //6 THREAT|court",
            "PHONE|this|DEM|you|ur|youre|your|yall|u|sender *3 blocked $ ~OTHER",
            "being|getting|been|are|now|ur|your|gonna blocked|reported !by|my|from ~OTHER",
            "next time *4 CONTACT|TEXT //6 THREAT|call",
            "proxima|otra|otro|mas *4 ESWISH|ESGER|ESINF|mensaje //6 ESTHREAT|abogado|policia|denuncia|demanda|corte",
            "si *2 siguen|sigue|sigues|vuelven|vuelve|insisten|continuan //4 ESTHREAT|abogado|policia|reporto|bloqueo|denuncio|demando",
        ],
    ),
    sure(
        "not-this-person",
        &[
            "gave|given|have|has|got|havin|give you|u|yall|them? *2 bad|wrong|fake|false|incorrect|old *1 PHONE",
            "bad|fake|false|incorrect PHONE $",
            "FAMILY|kid|child|minor|someone|somebody *2 has|uses|owns|got this|the PHONE ~OTHER",
            "tiene|tienen|tienes|tenes|teneis|dieron|agarraron mal|malo|incorrecto|equivocado *2 PHONE|persona",
            "mal|malo el|mi? PHONE",
            "no soy yo $",
        ],
    ),
    doubtful(
        "not-for-texts",
        &[
            "thisis|its|this|that|thats *2 FAMILYS|work|business|company|office|school|church|shared|public|childs|employer|employers|bosss|landline *1 PHONE $ ~not",
            "youre|you|are *1 CONTACTING *2 work|business|company|office|school|church|shared|public *1 PHONE|$",
            "PHONE *3 for *2 emergencies|emergency|work|business|patients|school *1 only|$",
            "PHONE *2 emergencies|emergency|work|business|school only|use",
        ],
    ),
    doubtful(
        "another-channel-wanted",
        &[
            "direct|refer|send|route|forward|address|take *3 communication|communications|correspondence|contact|questions|notices|calls|everything *2 to|through|thru|via *2 attorney|lawyer|counsel|her|him|FAMILY",
            "through|via *2 attorney|lawyer|counsel only|instead|please|$",
            "mail|letter|letters|email|paper|post|usps|writing *2 not|no|never|over *2 TEXT|TEXTS|texting|PHONE",
            "only *4 in writing",
            "in writing only|please|$",
            "write *2 letter",
            "prefer|rather *3 mail|letters|letter|paper|usps",
            "prefiero|preferimos *3 carta|correo|cartas|papel",
            "contact|call|text|message my|his|her *2 FAMILY //2 not|instead",
        ],
    ),
    sure(
        "contacto-rechazado",
        &[
            "NOTSPEAK *5 TEXTS ~OTHER",
            "NOTSPEAK *3 ESWISH|ESCOMMAND ~OTHER",
            "NOTSPEAK *2 ESINF *2 mas|nunca|TEXTS|TEXT ~OTHER",
            "ESSTOP *3 con|a|de *3 TEXTS|TEXT",
            "ESSTOP *1 de *2 ESINF ~OTHER",
            "yabasta",
            "como|donde|que *4 me ESSELFOFF ~OTHER",
            "como|donde *3 ESSELFOFF *2 DEM|TEXTS ~OTHER",
            "hasta la|el|los madre|coronilla|gorro|huevos|cojones|narices *2 de|con",
            "a la|el|al chingada|mierda|verga|carajo|diablo|infierno|porra con *3 TEXTS|TEXT",
            "dar|darme|dame|denme|deme|demen|solicito|pido|quiero|exijo la|mi baja|desuscripcion",
        ],
    ),
];
