//! The texts we send: GSM-7 characters only, no balance, no link but the payment link itself.
//!
//! On a number that agencies share, with none of them known to have texted the person, `agency` is `None` and the wording neutral.

use super::Language;
use super::gsm7::{self, to_gsm7};

/// The agency in whose name a text goes out.
#[derive(Clone, PartialEq, Eq)]
pub struct Agency {
    /// Legal name, any characters; the texts carry its GSM-7 form.
    pub name: String,
    /// The billing phone for people to read: `(202) 555-0110`.
    pub phone: Option<String>,
}

/// Characters of one text message part.
const ONE_PART: usize = 160;
/// Longest agency name in a text; a longer one is cut at a word.
const NAME_LIMIT: usize = 60;

/// The one confirmation of an opt-out (47 CFR 64.1200(a)(12)): who, that it is done, how to come back. No marketing.
pub fn stop_confirmation(agency: Option<&Agency>, language: Language) -> String {
    let from = prefix(agency);
    match language {
        Language::English => {
            let phone = phone(agency, " Questions? Call ");
            format!(
                "{from}You are opted out and will get no more texts from us.{phone} Reply START to get texts again."
            )
        }
        Language::Spanish => {
            let phone = phone(agency, " Preguntas? Llame al ");
            format!(
                "{from}Usted ya no recibira mensajes de texto nuestros.{phone} Responda START para volver a recibirlos."
            )
        }
    }
}

/// The answer to HELP: who, whom to call, how to stop, rates, 911.
pub fn help(agency: Option<&Agency>, language: Language) -> String {
    match language {
        Language::English => {
            let who = named(agency, "Ambulance billing texts");
            let phone = phone(agency, " Call ");
            format!("{who}:{phone} Reply STOP to stop. Msg&data rates may apply. Emergency? Call 911.")
                .replace(": Call", ": call")
        }
        Language::Spanish => {
            let who = named(agency, "Mensajes de cobro de ambulancia");
            let phone = phone(agency, " Llame al ");
            format!("{who}:{phone} Responda ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos. Emergencia? Llame al 911.")
                .replace(": Llame", ": llame")
        }
    }
}

/// The confirmation of an opt-in.
pub fn start_confirmation(agency: Option<&Agency>, language: Language) -> String {
    let from = prefix(agency);
    match language {
        Language::English => {
            format!(
                "{from}You will get billing texts again. Reply HELP for help, STOP to stop. Msg&data rates may apply."
            )
        }
        Language::Spanish => format!(
            "{from}Usted volvera a recibir mensajes de cobro. Responda AYUDA para ayuda, ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos."
        ),
    }
}

/// The payer's text: names the agency, carries the link, says how to opt out. One part where that is possible: a name
/// too long for it is cut, at a word where one fits, but never below 20 characters; with a very long link the text then takes two parts.
pub fn payment_link(agency: &Agency, url: &str) -> String {
    let text = |name: &str| format!("{name}: pay your bill at {url} Reply STOP to opt out.");
    let room = ONE_PART.saturating_sub(length(&text("")));
    text(&shortened(&to_gsm7(agency.name.trim()), room.clamp(20, NAME_LIMIT)))
}

fn length(text: &str) -> usize {
    text.chars().map(|c| gsm7::septets(c).unwrap_or(2)).sum()
}

/// At most `room` characters of a name, cut after a whole word unless that would leave less than half.
fn shortened(name: &str, room: usize) -> String {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return "Ambulance billing".to_owned();
    }
    if name.chars().count() <= room {
        return name;
    }
    let cut: String = name.chars().take(room).collect();
    let at_word = name.chars().nth(room) == Some(' ');
    let whole = match cut.rfind(' ') {
        Some(space) if !at_word && space * 2 >= cut.len() => &cut[..space],
        _ => &cut,
    };
    whole.trim_end_matches([' ', ',', '-', '&', '.', '(']).to_owned()
}

fn named(agency: Option<&Agency>, neutral: &str) -> String {
    agency.map_or_else(|| neutral.to_owned(), |a| shortened(&to_gsm7(a.name.trim()), NAME_LIMIT))
}

fn prefix(agency: Option<&Agency>) -> String {
    agency.map_or_else(String::new, |_| named(agency, "") + ": ")
}

fn phone(agency: Option<&Agency>, before: &str) -> String {
    agency.and_then(|a| a.phone.as_deref()).map_or_else(String::new, |p| format!("{before}{}.", to_gsm7(p)))
}

#[cfg(test)]
mod tests {
    use super::super::gsm7::segments;
    use super::Language::{English, Spanish};
    use super::*;

    fn metro() -> Agency {
        Agency { name: "Metro EMS Billing".into(), phone: Some("(202) 555-0110".into()) }
    }

    #[test]
    fn the_stop_confirmation_names_the_agency_and_the_way_back() {
        assert_eq!(
            stop_confirmation(Some(&metro()), English),
            "Metro EMS Billing: You are opted out and will get no more texts from us. Questions? Call (202) 555-0110. Reply START to get texts again."
        );
        assert_eq!(
            stop_confirmation(Some(&metro()), Spanish),
            "Metro EMS Billing: Usted ya no recibira mensajes de texto nuestros. Preguntas? Llame al (202) 555-0110. Responda START para volver a recibirlos."
        );
        assert_eq!(
            stop_confirmation(None, English),
            "You are opted out and will get no more texts from us. Reply START to get texts again."
        );
        assert_eq!(
            stop_confirmation(None, Spanish),
            "Usted ya no recibira mensajes de texto nuestros. Responda START para volver a recibirlos."
        );
    }

    #[test]
    fn help_has_the_agency_the_phone_how_to_stop_rates_and_911() {
        assert_eq!(
            help(Some(&metro()), English),
            "Metro EMS Billing: call (202) 555-0110. Reply STOP to stop. Msg&data rates may apply. Emergency? Call 911."
        );
        assert_eq!(
            help(Some(&metro()), Spanish),
            "Metro EMS Billing: llame al (202) 555-0110. Responda ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos. Emergencia? Llame al 911."
        );
        assert_eq!(
            help(None, English),
            "Ambulance billing texts: Reply STOP to stop. Msg&data rates may apply. Emergency? Call 911."
        );
        assert_eq!(
            help(None, Spanish),
            "Mensajes de cobro de ambulancia: Responda ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos. Emergencia? Llame al 911."
        );
    }

    #[test]
    fn the_start_confirmation_says_how_to_stop() {
        assert_eq!(
            start_confirmation(Some(&metro()), English),
            "Metro EMS Billing: You will get billing texts again. Reply HELP for help, STOP to stop. Msg&data rates may apply."
        );
        assert_eq!(
            start_confirmation(None, Spanish),
            "Usted volvera a recibir mensajes de cobro. Responda AYUDA para ayuda, ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos."
        );
    }

    #[test]
    fn the_payment_text_fits_one_part_and_cuts_a_long_name_at_a_word() {
        let url = "https://pay.example/p/0123456789abcdefghij";
        assert_eq!(
            payment_link(&metro(), url),
            "Metro EMS Billing: pay your bill at https://pay.example/p/0123456789abcdefghij Reply STOP to opt out."
        );
        let long = Agency {
            name: "The Volunteer Ambulance and Rescue Service of the Greater Núñez–Łódź Valley, Incorporated"
                .into(),
            phone: None,
        };
        let text = payment_link(&long, &format!("https://billing.agency.example/p/{}", "a".repeat(40)));
        assert_eq!(segments(&text), 1, "{text}");
        assert!(text.starts_with("The Volunteer Ambulance and Rescue"), "{text}");
    }

    #[test]
    fn no_text_leaves_the_gsm_alphabet_or_two_parts_whatever_the_name() {
        let agency =
            Agency { name: "🚑 Ånd “Ü” Łódź ".repeat(30), phone: Some("(202) 555‑0110".into()) };
        for language in [English, Spanish] {
            for agency in [Some(&agency), None] {
                for text in [
                    stop_confirmation(agency, language),
                    help(agency, language),
                    start_confirmation(agency, language),
                ] {
                    assert!(text.chars().all(|c| gsm7::septets(c).is_some()), "{text}");
                    assert!(segments(&text) <= 2, "{text}");
                }
            }
        }
    }
}
