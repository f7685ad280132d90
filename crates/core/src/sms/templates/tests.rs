//! Every text that we send by ourselves, and what is refused of those that an agency writes.

use super::Language::{English, Spanish};
use super::*;
use crate::sms::Label;
use crate::sms::gsm7::{segments, septets};

const LINK: &str = "https://pay.example/p/0123456789abcdefghij";

fn metro(hours: Option<&str>) -> Agency {
    Agency {
        name: "Metro EMS Billing".into(),
        phone: "(202) 555-0110".into(),
        hours: hours.map(|h| h.parse().unwrap()),
    }
}

fn ours(kind: Kind, language: Language, agency: &Agency) -> String {
    Template::standard(kind, language).render(agency, LINK)
}

fn every() -> impl Iterator<Item = (Kind, Language)> {
    Kind::ALL.into_iter().flat_map(|kind| [(kind, English), (kind, Spanish)])
}

#[test]
fn every_text_of_an_agency_reads_like_this() {
    let closed_never = metro(None);
    for (kind, language, text) in [
        (
            Kind::PaymentLink,
            English,
            "Metro EMS Billing: pay your bill at https://pay.example/p/0123456789abcdefghij Reply STOP to opt out.",
        ),
        (
            Kind::PaymentLink,
            Spanish,
            "Metro EMS Billing: pague su factura en https://pay.example/p/0123456789abcdefghij Responda ALTO para no recibir mas.",
        ),
        (
            Kind::BillReady,
            English,
            "Metro EMS Billing: your bill is ready. Pay at https://pay.example/p/0123456789abcdefghij Reply STOP to opt out.",
        ),
        (
            Kind::BillReady,
            Spanish,
            "Metro EMS Billing: su factura esta lista: https://pay.example/p/0123456789abcdefghij Responda ALTO para no recibir mas.",
        ),
        (
            Kind::StopConfirmation,
            English,
            "Metro EMS Billing: You are opted out and will get no more texts from us. Questions? Call (202) 555-0110. Reply START to get texts again.",
        ),
        (
            Kind::StopConfirmation,
            Spanish,
            "Metro EMS Billing: Usted ya no recibira mensajes de texto nuestros. Preguntas? Llame al (202) 555-0110. Responda START para volver a recibirlos.",
        ),
        (
            Kind::Help,
            English,
            "Metro EMS Billing: call (202) 555-0110. Reply STOP to stop. Msg&data rates may apply. Emergency? Call 911.",
        ),
        (
            Kind::Help,
            Spanish,
            "Metro EMS Billing: llame al (202) 555-0110. Responda ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos. Emergencia? Llame al 911.",
        ),
        (
            Kind::StartConfirmation,
            English,
            "Metro EMS Billing: You will get billing texts again. Reply HELP for help, STOP to stop. Msg&data rates may apply.",
        ),
        (
            Kind::StartConfirmation,
            Spanish,
            "Metro EMS Billing: Usted volvera a recibir mensajes de cobro. Responda AYUDA para ayuda, ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos.",
        ),
    ] {
        assert_eq!(ours(kind, language, &closed_never), text);
    }
}

#[test]
fn help_gives_the_hours_of_an_agency_that_has_them_within_two_parts() {
    let agency = metro(Some("mon-fri 08:00-17:00; sat 09:00-12:00"));
    let (english, spanish) = (ours(Kind::Help, English, &agency), ours(Kind::Help, Spanish, &agency));
    assert_eq!(
        english,
        "Metro EMS Billing: call (202) 555-0110, Mon-Fri 8am-5pm; Sat 9am-noon. Reply STOP to stop. Msg&data rates may apply. Emergency? Call 911."
    );
    assert_eq!(
        spanish,
        "Metro EMS Billing: llame al (202) 555-0110, lun-vie 8am-5pm; sab 9am-mediodia. Responda ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos. Emergencia? Llame al 911."
    );
    assert_eq!((segments(&english), segments(&spanish)), (1, 2));
}

#[test]
fn hours_that_do_not_fit_are_left_out_with_the_words_around_them() {
    let hours = "mon 08:10-11:50,12:50-17:10; tue 08:20-11:50,12:50-17:10; wed 08:30-11:50,12:50-17:10; thu 08:40-11:50,12:50-17:10";
    let agency = Agency { name: "Volunteer Ambulance ".repeat(4), ..metro(Some(hours)) };
    let text = ours(Kind::Help, Spanish, &agency);
    assert!(!text.contains("lun 8") && text.contains("(202) 555-0110. Responda ALTO"), "{text}");
}

#[test]
fn texts_in_nobodys_name_say_who_we_are_and_no_number() {
    for (kind, language, text) in [
        (
            ReplyKind::StopConfirmation,
            English,
            "You are opted out and will get no more texts from us. Reply START to get texts again.",
        ),
        (
            ReplyKind::StopConfirmation,
            Spanish,
            "Usted ya no recibira mensajes de texto nuestros. Responda START para volver a recibirlos.",
        ),
        (
            ReplyKind::Help,
            English,
            "Ambulance billing texts: Reply STOP to stop. Msg&data rates may apply. Emergency? Call 911.",
        ),
        (
            ReplyKind::Help,
            Spanish,
            "Mensajes de cobro de ambulancia: Responda ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos. Emergencia? Llame al 911.",
        ),
        (
            ReplyKind::StartConfirmation,
            English,
            "You will get billing texts again. Reply HELP for help, STOP to stop. Msg&data rates may apply.",
        ),
        (
            ReplyKind::StartConfirmation,
            Spanish,
            "Usted volvera a recibir mensajes de cobro. Responda AYUDA para ayuda, ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos.",
        ),
    ] {
        assert_eq!(replies::neutral(kind, language), text);
        assert_eq!(segments(text), 1);
    }
}

#[test]
fn the_payment_text_fits_one_part_and_cuts_a_long_name_at_a_word() {
    let name = "The Volunteer Ambulance and Rescue Service of the Greater Núñez–Łódź Valley, Incorporated";
    let agency = Agency { name: name.into(), ..metro(None) };
    for (kind, language) in every().filter(|(kind, _)| kind.has_link()) {
        let link = format!("https://billing.agency.example/p/{}", "a".repeat(40));
        let text = Template::standard(kind, language).render(&agency, &link);
        assert_eq!(segments(&text), 1, "{text}");
        assert!(text.starts_with("The Volunteer Ambulance"), "{text}");
    }
}

#[test]
fn no_text_of_ours_leaves_the_gsm_alphabet_or_two_parts_whatever_the_name() {
    let agency = Agency {
        name: "🚑 Ånd “Ü” Łódź ".repeat(30),
        phone: "(202) 555‑0110".into(),
        hours: "mon-fri 08:00-17:00".parse().ok(),
    };
    for (kind, language) in every() {
        let text = ours(kind, language, &agency);
        assert!(text.chars().all(|c| septets(c).is_some()), "{text}");
        assert!(segments(&text) <= 2, "{text}");
    }
}

#[test]
fn our_own_templates_have_no_fault_and_give_no_warning() {
    for (kind, language) in every() {
        let found = check(kind, language, Template::standard(kind, language).body());
        assert_eq!(found, Findings::default(), "{kind:?} {language:?}");
    }
}

#[test]
fn the_words_that_we_tell_people_to_send_are_read_as_what_we_promise() {
    for (word, label) in
        [("STOP", Label::Stop), ("ALTO", Label::Stop), ("START", Label::Start), ("AYUDA", Label::Help)]
    {
        assert_eq!(crate::sms::read(word).label, label, "{word}");
    }
}

fn faults(kind: Kind, language: Language, body: &str) -> Vec<Fault> {
    Template::parse(kind, language, body).err().unwrap_or_default()
}

#[test]
fn all_faults_are_told_at_once() {
    let found = faults(Kind::PaymentLink, English, "You owe a debt of $125.00, see www.a.example • {name}");
    assert_eq!(
        found,
        [
            Fault::UnknownPlace("name".into()),
            Fault::NoAgencyName,
            Fault::NoOptOut { add: "Reply STOP to opt out." },
            Fault::NoLink,
            Fault::Address,
            Fault::Amount,
            Fault::Debt("debt"),
            Fault::NotGsm7 { character: '•', instead: "write `-`".into() },
        ]
    );
}

#[test]
fn each_kind_asks_for_what_the_law_asks_of_it() {
    for (kind, language, body, expected) in [
        (Kind::PaymentLink, English, "{agency_name}: pay at {link} Reply STOP to opt out.", vec![]),
        (
            Kind::PaymentLink,
            English,
            "{agency_name}: pay at {link}",
            vec![Fault::NoOptOut { add: "Reply STOP to opt out." }],
        ),
        (
            Kind::PaymentLink,
            English,
            "{agency_name}: pay at {link} Responda ALTO.",
            vec![Fault::NoOptOut { add: "Reply STOP to opt out." }],
        ),
        (Kind::PaymentLink, Spanish, "{agency_name}: pague en {link} Responda STOP para terminar.", vec![]),
        (
            Kind::Help,
            English,
            "{agency_name}: write to us.",
            vec![
                Fault::NoOptOut { add: "Reply STOP to opt out." },
                Fault::NoPhone,
                Fault::NoEmergency { add: "Emergency? Call 911." },
            ],
        ),
        (
            Kind::Help,
            English,
            "{agency_name}: call {phone}, {hours}. Reply STOP to end. Emergency? Call 911.",
            vec![Fault::HoursAlwaysThere],
        ),
        (
            Kind::StopConfirmation,
            English,
            "{agency_name}: Goodbye. Pay at {link} and save!",
            vec![
                Fault::NoEnd { add: "You will get no more texts from us." },
                Fault::NoWayBack { add: "Reply START to get texts again." },
                Fault::LinkElsewhere,
                Fault::Pitch("save"),
                Fault::Pitch("pay"),
            ],
        ),
        (
            Kind::StopConfirmation,
            Spanish,
            "{agency_name}: no recibira mas mensajes. Llame al {phone}. Responda START para volver.",
            vec![],
        ),
        (
            Kind::StartConfirmation,
            English,
            "{agency_name}: welcome back.",
            vec![Fault::NoOptOut { add: "Reply STOP to opt out." }],
        ),
    ] {
        assert_eq!(faults(kind, language, body), expected, "{body}");
    }
}

#[test]
fn braces_and_brackets_that_mean_nothing_are_refused() {
    let with = |more: &str| {
        faults(Kind::StartConfirmation, English, &format!("{{agency_name}}: hi. Reply STOP. {more}"))
    };
    assert_eq!(with("[Open {hours}.]"), []);
    for (more, fault) in [
        ("{phone", Fault::Braces),
        ("}", Fault::Braces),
        ("{a{phone}", Fault::Braces),
        ("[hi]", Fault::Brackets),
        ("[{hours}", Fault::Brackets),
        ("{hours}", Fault::HoursAlwaysThere),
        ("]", Fault::Brackets),
        ("[[{hours}]", Fault::Brackets),
        ("{}", Fault::UnknownPlace(String::new())),
        ("{patient name}", Fault::UnknownPlace("patientname".into())),
    ] {
        assert_eq!(with(more), [fault], "{more}");
    }
}

#[test]
fn a_character_outside_the_alphabet_is_named_with_its_likeness() {
    let found = faults(Kind::StartConfirmation, Spanish, "{agency_name}: volverá. Responda ALTO. 🚑");
    let said: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "`á` (U+00E1) is not in the GSM-7 alphabet: write `a`",
            "`🚑` (U+1F691) is not in the GSM-7 alphabet: leave it out",
        ]
    );
    assert_eq!(faults(Kind::StartConfirmation, English, "{agency_name}:\nReply STOP"), [Fault::LineBreak]);
}

#[test]
fn what_is_too_long_is_refused_and_what_is_nearly_so_is_told() {
    let help = |more: usize| {
        let body = Template::standard(Kind::Help, English).body().to_owned() + " " + &"x".repeat(more);
        check(Kind::Help, English, &body)
    };
    assert_eq!(help(0), Findings::default());
    assert_eq!(help(180).warnings, [Warning::HoursDoNotFit]);
    assert_eq!(help(200).faults, [Fault::TooLong { parts: 3 }]);
    let link = |more: usize| {
        let body = Template::standard(Kind::PaymentLink, English).body().to_owned() + " " + &"x".repeat(more);
        check(Kind::PaymentLink, English, &body)
    };
    assert_eq!(link(40), Findings { faults: vec![], warnings: vec![Warning::TwoParts] });
    assert_eq!(link(200).faults, [Fault::TooLong { parts: 3 }]);
}

#[test]
fn a_template_of_an_agency_is_filled_in_like_ours() {
    let own = "{agency_name} thanks you. Pay: {link} Questions: {phone}[ ({hours})]. Text STOP to stop";
    let template = Template::parse(Kind::PaymentLink, English, own).unwrap();
    assert_eq!(
        template.render(&metro(Some("mon-fri 08:00-17:00")), "https://x.example/p/a"),
        "Metro EMS Billing thanks you. Pay: https://x.example/p/a Questions: (202) 555-0110 (Mon-Fri 8am-5pm). Text STOP to stop"
    );
    assert_eq!(
        template.render(&metro(None), "https://x.example/p/a"),
        "Metro EMS Billing thanks you. Pay: https://x.example/p/a Questions: (202) 555-0110. Text STOP to stop"
    );
}
