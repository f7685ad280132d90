//! Spanish words by class, without accents. See [`super::words`] for how to add one.

/// How a verb's endings go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Ar,
    Er,
    Ir,
}

/// A verb of contact: stem of the infinitive, stem of the wish form ("que no me **escrib**an").
pub struct SpanishVerb {
    pub stem: &'static str,
    pub wish_stem: &'static str,
    pub group: Group,
}

const fn verb(stem: &'static str, wish_stem: &'static str, group: Group) -> SpanishVerb {
    SpanishVerb { stem, wish_stem, group }
}

/// Verbs of writing, sending, calling and pestering. All their forms are made from here (classes `ESINF`, `ESGER`,
/// `ESWISH`, `ESCOMMAND`).
pub const CONTACT_VERBS: &[SpanishVerb] = &[
    verb("mand", "mand", Group::Ar),
    verb("envi", "envi", Group::Ar),
    verb("escrib", "escrib", Group::Ir),
    verb("texte", "texte", Group::Ar),
    verb("mensaje", "mensaje", Group::Ar),
    verb("contact", "contact", Group::Ar),
    verb("comunic", "comuniqu", Group::Ar),
    verb("molest", "molest", Group::Ar),
    verb("llam", "llam", Group::Ar),
    verb("fastidi", "fastidi", Group::Ar),
    verb("ching", "chingu", Group::Ar),
    verb("jod", "jod", Group::Er),
    verb("acos", "acos", Group::Ar),
    verb("hostig", "hostigu", Group::Ar),
    verb("busc", "busqu", Group::Ar),
    verb("insist", "insist", Group::Ir),
    verb("notific", "notifiqu", Group::Ar),
    verb("record", "recuerd", Group::Ar),
    verb("spame", "spame", Group::Ar),
    verb("bombarde", "bombarde", Group::Ar),
    verb("incomod", "incomod", Group::Ar),
    verb("habl", "habl", Group::Ar),
    verb("freg", "fregu", Group::Ar),
    verb("hac", "hag", Group::Er),
    verb("fregu", "friegu", Group::Ar),
    verb("avis", "avis", Group::Ar),
    verb("tir", "tir", Group::Ar),
    verb("pon", "pong", Group::Er),
    verb("marc", "marqu", Group::Ar),
    verb("respond", "respond", Group::Er),
    verb("contest", "contest", Group::Ar),
    verb("romp", "romp", Group::Er),
    verb("toc", "toqu", Group::Ar),
    verb("hinch", "hinch", Group::Ar),
    verb("jorob", "jorob", Group::Ar),
    verb("importun", "importun", Group::Ar),
    verb("met", "met", Group::Er),
    verb("reenvi", "reenvi", Group::Ar),
    verb("whatsape", "whatsape", Group::Ar),
    verb("interrump", "interrump", Group::Ir),
    verb("enchinch", "enchinch", Group::Ar),
    verb("hart", "hart", Group::Ar),
    verb("atosig", "atosigu", Group::Ar),
    verb("enoj", "enoj", Group::Ar),
    verb("ench", "ench", Group::Ar),
    verb("cans", "cans", Group::Ar),
    verb("despert", "despiert", Group::Ar),
    verb("asust", "asust", Group::Ar),
    verb("pas", "pas", Group::Ar),
    verb("sigu", "sig", Group::Ir),
];

/// Verbs that ask for something to end, by the class of their forms. Told to usted, ustedes, tu, vos and vosotros, and with
/// pronouns (`dejenme`, `borradnos`, `parenle`), all are made from here.
pub const ENDING_VERBS: &[(&str, &[SpanishVerb])] = &[
    (
        "ESSTOP",
        &[
            verb("dej", "dej", Group::Ar),
            verb("par", "par", Group::Ar),
            verb("ces", "ces", Group::Ar),
            verb("termin", "termin", Group::Ar),
            verb("acab", "acab", Group::Ar),
            verb("cort", "cort", Group::Ar),
            verb("fren", "fren", Group::Ar),
        ],
    ),
    (
        "ESCANCEL",
        &[
            verb("cancel", "cancel", Group::Ar),
            verb("suspend", "suspend", Group::Er),
            verb("deten", "deteng", Group::Er),
            verb("desactiv", "desactiv", Group::Ar),
            verb("elimin", "elimin", Group::Ar),
            verb("anul", "anul", Group::Ar),
            verb("apag", "apagu", Group::Ar),
            verb("quit", "quit", Group::Ar),
            verb("bloque", "bloque", Group::Ar),
            verb("silenci", "silenci", Group::Ar),
            verb("interrump", "interrump", Group::Ir),
            verb("cort", "cort", Group::Ar),
            verb("inhabilit", "inhabilit", Group::Ar),
            verb("deshabilit", "deshabilit", Group::Ar),
            verb("descontinu", "descontinu", Group::Ar),
        ],
    ),
    (
        "ESREMOVE",
        &[
            verb("borr", "borr", Group::Ar),
            verb("quit", "quit", Group::Ar),
            verb("sac", "saqu", Group::Ar),
            verb("elimin", "elimin", Group::Ar),
            verb("remov", "remuev", Group::Er),
            verb("tach", "tach", Group::Ar),
            verb("exclu", "excluy", Group::Ir),
            verb("desafili", "desafili", Group::Ar),
            verb("desinscrib", "desinscrib", Group::Ir),
            verb("retir", "retir", Group::Ar),
            verb("olvid", "olvid", Group::Ar),
            verb("descart", "descart", Group::Ar),
        ],
    ),
    (
        "UNSUB",
        &[
            verb("desuscrib", "desuscrib", Group::Ir),
            verb("dessuscrib", "dessuscrib", Group::Ir),
            verb("desinscrib", "desinscrib", Group::Ir),
            verb("desafili", "desafili", Group::Ar),
            verb("desubscrib", "desubscrib", Group::Ir),
        ],
    ),
];

/// Usual ways to write a word: written, meant.
pub const MEANT: &[&str] = &[
    "ke que",
    "q que",
    "qe que",
    "qu que",
    "xfa porfa",
    "xfavor porfavor",
    "porfis porfa",
    "plis porfa",
    "pliz porfa",
    "pas paz",
    "pass paz",
    "d de",
    "nome no",
    "empaz enpaz",
    "nomanden manden",
    "toy estoy",
    "pa para",
    "tas estas",
    "mensages mensajes",
    "mensage mensaje",
    "mensj mensaje",
    "msjes mensajes",
    "msn mensaje",
    "msjito mensaje",
    "mjs mensajes",
    "mje mensaje",
    "mjes mensajes",
    "numro numero",
    "nro numero",
    "celu celular",
    "fono telefono",
    "tlf telefono",
    "nomaz nomas",
    "ia ya",
    "lla ya",
    "aora ahora",
    "eskriban escriban",
    "texos textos",
    "mensajito mensaje",
    "texteos textos",
    "textitos textos",
    "wasap mensaje",
    "whatsapp mensaje",
    "telf telefono",
    "telefonito telefono",
    "pls porfa",
];

/// Pronouns that hang on an infinitive, a gerund or a command.
pub const PRONOUN_ENDINGS: &[&str] =
    &["", "me", "nos", "le", "les", "lo", "la", "los", "las", "se", "melo", "melos", "noslo"];

/// Two words that count as one.
pub const JOINED: &[&str] = &[
    "por favor porfavor",
    "por fa porfa",
    "por fabor porfavor",
    "ya basta yabasta",
    "de verdad pues",
    "de baja debaja",
    "ya no yano",
    "no mas nomas",
    "muchas gracias gracias",
    "en paz enpaz",
    "em paz enpaz",
    "mensajes mas mensajes",
    "mensaje de mensaje",
];

/// Word classes.
pub const CLASSES: &[(&str, &str)] = &[
    (
        "FILLER",
        "che loco compa wey guey parce chamo mijo mija amigo hijos hijo imbeciles imbecil idiotas idiota estupidos estupido desgraciados desgraciado malditos rateros culeros pendejo putos joder hostia vale weon boludo boludos pelotudo pelotudos cabron cabrones carajo cono puta pinche porfavor porfa favor hola buenas buenos dias tardes noches gracias oye oiga oigan ya si senor senora senorita pues bueno \
      disculpe disculpen perdon mire miren solo solamente simplemente pueden puede podrian podria",
    ),
    (
        "TAIL",
        "che loco compa wey guey parce chamo mijo mija amigo hijos hijo imbeciles imbecil idiotas idiota estupidos estupido desgraciados desgraciado malditos rateros culeros pendejo putos joder hostia vale weon boludo boludos pelotudo pelotudos porfavor porfa favor gracias ya ahora hoy mas nunca jamas inmediatamente mismo enseguida senor senora bye adios mierda carajo pinche pinches cabrones cabron puta putas chingada pendejos",
    ),
    ("PLEASE", "porfavor porfa"),
    ("JOINER", "pero porque y o"),
    ("AND", "y o"),
    ("ME", "me nos mi mis"),
    ("PHONE", "numero telefono celular movil tel cel"),
    (
        "TEXTS",
        "mensajes textos sms notificaciones recordatorios avisos alertas contacto comunicacion msjs mensajitos comunicaciones textitos msj",
    ),
    ("TEXT", "mensaje texto"),
    ("DEM", "esto eso estos esos esta estas esas todo todos"),
    (
        "NOISE",
        "pinche pinches putos putas malditos malditas jodidos chingados porfavor porfa favor ya pues mismo tambien simplemente",
    ),
    (
        "PROFANE",
        "mierda carajo pinche pinches cabrones cabron puta putas putos chingada pendejos verga culeros malditos jodidos cono",
    ),
    ("LIST", "lista listas base sistema registro registros contactos"),
    ("NOTSPEAK", "no nunca jamas tampoco yano"),
    (
        "ESSTOP",
        "dejen deje deja dejar dejenme pare paren parar cesen cese dejense terminen termine acaben basta dejes",
    ),
    (
        "ESCANCEL",
        "cancelen cancele cancela cancelar cancelarme cancelenme canceleme cancelame cancelarlo cancelarlos suspendan suspenda suspender detengan detenga detener detenganse paren \
      pare parar desactiven desactive desactivar eliminen elimine eliminar terminen termine terminar anulen anule anular apaguen quiten quitar bloqueen bloquear \
      detenganlos cancelenlos parenlos quitenlos parele parenle desuscribir desactivenme",
    ),
    (
        "ESREMOVE",
        "borrenme borreme borrame borrarme borrar borren borre quitenme quiteme quitame quitarme quiten quite quitar quita saquenme saqueme \
      sacame sacarme saquen saque sacar eliminenme elimineme eliminame eliminarme eliminen elimine eliminar remuevanme remuevame remueveme removerme \
      remuevan remueva remover borrennos quitennos saquennos tachenme excluyanme desinscribanme desafilienme bloqueenme olviden olvidense olvidese tiren",
    ),
    (
        "UNSUB",
        "desuscribir desuscribirme desuscribanme desuscribeme desuscribame desinscribir desinscribirme desinscribanme desafiliarme desinscribeme \
      dessuscribir dessuscribirme",
    ),
    (
        "GOAWAY",
        "alejense alejate alejese alejesen esfumense larguense largate largense vayanse callense callate callese",
    ),
    (
        "ESWANT",
        "quiero queremos deseo deseamos necesito quisiera quieren quiere gustaria autorizo autorice autorizamos acepto acepte aceptamos permito permiti consiento consenti",
    ),
    ("ESGIVE", "di doy dimos damos tienen tiene tengo"),
    ("SIGNED", "firme firmo firmamos suscribi suscribimos registre inscribi apunte"),
    ("CONSENT", "permiso consentimiento autorizacion"),
    (
        "WRONG",
        "equivocais equivocas equivocado ekivocado equibocado equivocada equivocados incorrecto incorrecta erroneo errado erronea equivocaste equivocaron equivoco equivocan equivoca equivocando",
    ),
    (
        "OTHER",
        "recargos aseguradora copia copias descuento descuentos rembolso reembolso precio costo renta hipoteca aseguradora reclamacion cita citas factura facturas cobro cobros cargo cargos pago pagos plan tarjeta seguro aseguranza poliza ambulancia deuda saldo \
      recibo recibos cheque direccion correo casa tratamiento medicina medicamento medicinas hospital multa recargo cobertura medicaid medicare domicilio \
      transporte viaje cirugia operacion consulta colecciones cobranza cobranzas prestamo banco interes intereses monto adeudo mensualidad mensualidades \
      transaccion credito debito reclamo doctor clinica escuela linea policia mudanza fumar tomar trabajar pagar",
    ),
    ("OTHERDOING", "cobrarle cobrarme cobrar descontar cobrando"),
    ("MAILPLACE", "direccion casa domicilio correo postal colecciones cobranza seguro aseguranza"),
    ("GAPSTOP", "por sobre acerca porque si hasta con pero ya me nos les pague yo"),
    (
        "HOSTILE",
        "mierda carajo pinche pinches cabrones cabron puta putas putos chingada chinguen pendejos verga culeros rateros ladrones estafadores abusivos madre",
    ),
    ("MISTAKE", "error equivocacion accidente querer accidentalmente"),
    // What one does to get oneself off a list.
    (
        "ESSELFOFF",
        "borro salgo quito retiro bajo desuscribo desinscribo desafilio elimino cancelo remuevo desactivo apago bloqueo detengo paro",
    ),
    (
        "ESTHREAT",
        "reportados denunciados reportada bloqueare bloquearemos reportarlos denunciarlos demandarlos bloquearlos bloquearte reportarte bloquee bloqueados bloqueado bloqueandolos denuncio denuncie demando reportare reporte",
    ),
    ("ESWISH", "volvais volvas sigais volvamos testeen texten testee"),
    (
        "ESPEST",
        "molestando acosando hostigando fastidiando chingando jodiendo spameando bombardeando molestandome",
    ),
    ("ASKWHO", "quien quienes"),
    (
        "COMMONWORD",
        "cortaron quitaron pararon dejaron borraron sacaron bloquearon suspendieron eliminaron detuvieron apagaron bloque bloques altos pares pared parra numeros bastante el la los las un una uno de del en al con sin para por que como cuando donde cuanto cual es son soy esta estoy estan era fue \
      ser hay he ha han tengo tiene tienen muy mas menos todavia aun tambien hoy manana ayer lunes martes miercoles jueves viernes sabado domingo \
      semana mes ano alta baja alto fin mama papa hijo hija esposo esposa hermano padre paciente pagar pague paga recibir recibi llego llegan lleguen llegar \
      vuelvan vuelva volver sigan siga seguir siguen sigue estar esten este hacer hago aqui alli ningun ninguna nadie nombre persona conozco vive vivo dejar \
      su sus tu tus se lo le les nos ellos ella el yo usted ustedes ustede ni o u interesa interesan interesado trabajo estuvo ciudadano ciudadana mayor menor titular responsable asegurado asegurada residente casado soltero medico rico tonto diabetico legal cantidad mio gusta gustan cansan cero suscrito registrado inscrito policia pararan dejaran parara dejara dije dijimos pido dicho pedido canse hartaron harte cansaron tienen suficientes otro otra nombre pedirme exigirme decirme preguntarme amenazarme estarme donde interesada reciba empresa parte trata estafa fraude real \
      legitimo habla mensajeria ayuda ayudar ayudarme necesita necesitamos culpa gusto volver reactivar reactiven reanuden reanudar activen activar activenme \
      suscribanme suscribirme suscribeme inscribanme inscribirme registrar empezar empiecen comenzar comiencen otra vez nuevo nuevamente reenviar link enlace \
      autorizado molestia respirar respira pecho duele sangrando inconsciente cayo levantar desmayo infarto emergencia morir matarme murio fallecio difunto \
      seguro hospital tomo jamas tampoco trabajo cuenta cita dinero pesos dolares presion sangre tarde noche dia despues antes \
      recibiendo llegando quedan pertenece dueno cambio cambiaron mejor largo diablo infierno parar dejo tranquilo tranquila tranquilos pidiendo pedi pedimos \
      nomas debaja enpaz cancele cancelaron solicite autorice revoco retiro derecho dar darme darnos demen dame denme denos dese unir cosas cosa duda algo nada",
    ),
];
