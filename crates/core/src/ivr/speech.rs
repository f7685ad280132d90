//! The words of every prompt, as Telnyx speaks them: in English where a recording cannot be played or there is none,
//! in Spanish throughout.

use std::fmt;

use super::{Language, Prompt};
use crate::hours::Hours;
use crate::phone::E164;

/// Something to be spoken. May hold a phone number, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Speech {
    text: String,
    language: Language,
}

impl Speech {
    /// The words of a prompt; a read-back is of `phone`.
    pub fn of(prompt: Prompt, language: Language, phone: Option<&E164>) -> Self {
        let text = match (prompt, phone) {
            (Prompt::ReadBack, Some(phone)) => read_back(phone, language),
            _ => prompt.words(language).to_owned(),
        };
        // The offer of Spanish is for those who would not understand it in English.
        let language = if prompt == Prompt::OfferSpanish { Language::Spanish } else { language };
        Self { text, language }
    }

    /// Why nobody is rung, and when somebody would be.
    pub fn closed(hours: &Hours, language: Language) -> Self {
        let hours = hours.spoken(language);
        let text = match language {
            Language::English => format!(
                "Our billing office is closed now. Our hours are {hours}. We will call you back. Goodbye."
            ),
            Language::Spanish => format!(
                "Nuestra oficina de facturación está cerrada en este momento. Nuestro horario es: {hours}. Le \
                 devolveremos la llamada. Adiós."
            ),
        };
        Self { text, language }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn language(&self) -> Language {
        self.language
    }

    /// Telnyx's `voice`.
    pub fn voice(&self) -> &'static str {
        match self.language {
            Language::English => "female",
            // The plain voices are of English; this one is of the Spanish of the United States.
            Language::Spanish => "AWS.Polly.Lupe",
        }
    }

    /// Telnyx's `language`.
    pub fn language_tag(&self) -> &'static str {
        match self.language {
            Language::English => "en-US",
            Language::Spanish => "es-US",
        }
    }
}

impl fmt::Debug for Speech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Speech(*** {:?})", self.language)
    }
}

/// `You entered 2 0 2, 5 5 5, 0 1 4 7.` and what to press.
fn read_back(phone: &E164, language: Language) -> String {
    let entered = match language {
        Language::English => "You entered",
        Language::Spanish => "Usted marcó",
    };
    let ten = phone.expose().trim_start_matches("+1");
    let apart = |part: &str| part.chars().map(String::from).collect::<Vec<_>>().join(" ");
    let parts = match (ten.get(..3), ten.get(3..6), ten.get(6..)) {
        (Some(area), Some(exchange), Some(rest)) => [area, exchange, rest].map(apart).join(", "),
        _ => apart(ten),
    };
    format!("{entered} {parts}. {}", Prompt::ReadBack.words(language))
}

impl Prompt {
    /// The words in a language, without what differs from call to call.
    pub fn words(self, language: Language) -> &'static str {
        match language {
            Language::English => self.text(),
            Language::Spanish => self.spanish(),
        }
    }

    /// The words of the recording.
    pub fn text(self) -> &'static str {
        match self {
            Prompt::Menu => "Press 1 to pay your bill. Press 2 to speak with a billing specialist.",
            Prompt::CollectStatement => "Please enter your statement number followed by the pound key.",
            Prompt::CollectPhone => {
                "Please enter the 10-digit phone number where we should send your payment link, followed by the pound key."
            }
            Prompt::InvalidStatement => "We could not find that statement number. Please try again.",
            Prompt::SentSms => {
                "Your payment link has been sent. Press 1 to speak with a billing specialist, or hang up."
            }
            Prompt::Transfer => "Transferring you now. Please hold.",
            Prompt::Goodbye => "Thank you. Goodbye.",
            Prompt::OfferSpanish => self.spanish(),
            Prompt::OfferCallerNumber => {
                "To send the link to the phone you are calling from, press 1. To use another number, press 2."
            }
            Prompt::ReadBack => "To send the link to this number, press 1. To enter it again, press 2.",
            Prompt::OfficeClosed => "Our billing office is closed now. We will call you back. Goodbye.",
            Prompt::MenuWithOptOut => {
                "Press 1 to pay your bill. Press 2 to speak with a billing specialist. To stop our text messages to \
                 the phone you are calling from, press 8."
            }
            Prompt::OptedOut => {
                "We will send no more text messages to the phone you are calling from. Press 1 to pay your bill, \
                 press 2 to speak with a billing specialist, or hang up."
            }
        }
    }

    fn spanish(self) -> &'static str {
        match self {
            Prompt::Menu => {
                "Para pagar su factura, oprima 1. Para hablar con un especialista en facturación, oprima 2."
            }
            Prompt::CollectStatement => {
                "Por favor, marque el número de su estado de cuenta y después oprima la tecla de número."
            }
            Prompt::CollectPhone => {
                "Por favor, marque los 10 dígitos del número de teléfono al que debemos enviar el enlace de pago y \
                 después oprima la tecla de número."
            }
            Prompt::InvalidStatement => {
                "No encontramos ese número de estado de cuenta. Por favor, inténtelo de nuevo."
            }
            Prompt::SentSms => {
                "Le hemos enviado el enlace de pago. Para hablar con un especialista en facturación, oprima 1; si no, \
                 puede colgar."
            }
            Prompt::Transfer => "Le transferimos ahora. Por favor, no cuelgue.",
            Prompt::Goodbye => "Gracias. Adiós.",
            Prompt::OfferSpanish => "Para continuar en español, oprima 9.",
            Prompt::OfferCallerNumber => {
                "Para enviar el enlace al teléfono desde el que usted llama, oprima 1. Para usar otro número, oprima 2."
            }
            Prompt::ReadBack => {
                "Para enviar el enlace a este número, oprima 1. Para marcarlo de nuevo, oprima 2."
            }
            Prompt::OfficeClosed => {
                "Nuestra oficina de facturación está cerrada en este momento. Le devolveremos la llamada. Adiós."
            }
            Prompt::MenuWithOptOut => {
                "Para pagar su factura, oprima 1. Para hablar con un especialista en facturación, oprima 2. Para no \
                 recibir más mensajes de texto en el teléfono desde el que usted llama, oprima 8."
            }
            Prompt::OptedOut => {
                "Ya no enviaremos mensajes de texto al teléfono desde el que usted llama. Para pagar su factura, \
                 oprima 1; para hablar con un especialista en facturación, oprima 2; si no, puede colgar."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number() -> Option<E164> {
        E164::parse("+12025550147").ok()
    }

    #[test]
    fn a_keyed_number_is_read_back_digit_by_digit_in_three_parts() {
        let said = |language| Speech::of(Prompt::ReadBack, language, number().as_ref());
        assert_eq!(
            said(Language::English).text(),
            "You entered 2 0 2, 5 5 5, 0 1 4 7. To send the link to this number, press 1. To enter it again, press 2."
        );
        assert_eq!(
            said(Language::Spanish).text(),
            "Usted marcó 2 0 2, 5 5 5, 0 1 4 7. Para enviar el enlace a este número, oprima 1. Para marcarlo de \
             nuevo, oprima 2."
        );
    }

    #[test]
    fn no_other_prompt_speaks_a_number_and_debug_hides_the_words() {
        for language in [Language::English, Language::Spanish] {
            let offer = Speech::of(Prompt::OfferCallerNumber, language, number().as_ref());
            assert!(!offer.text().contains("2 0 2") && !offer.text().contains("202"));
        }
        let read_back = Speech::of(Prompt::ReadBack, Language::English, number().as_ref());
        assert_eq!(format!("{read_back:?}"), "Speech(*** English)");
    }

    #[test]
    fn a_closed_office_says_so_says_its_hours_and_that_it_will_call_back() {
        let hours: Hours = "mon-fri 08:00-17:00".parse().unwrap();
        assert_eq!(
            Speech::closed(&hours, Language::English).text(),
            "Our billing office is closed now. Our hours are Monday to Friday, 8 A M to 5 P M. We will call you back. \
             Goodbye."
        );
        let spanish = Speech::closed(&hours, Language::Spanish);
        assert!(spanish.text().contains("lunes a viernes, de las 8 de la mañana a las 5 de la tarde."));
    }

    #[test]
    fn spanish_is_offered_in_spanish_whatever_is_spoken_so_far() {
        let offer = Speech::of(Prompt::OfferSpanish, Language::English, None);
        assert_eq!((offer.text(), offer.language_tag()), ("Para continuar en español, oprima 9.", "es-US"));
    }

    #[test]
    fn what_telnyx_is_given_to_speak_is_never_longer_than_it_takes() {
        let longest = "mon,tue,wed 00:01-12:59,13:59-23:59; thu,fri,sat 00:01-12:59,13:59-23:59; sun \
                       00:01-03:59,04:59-07:59,08:59-11:59,12:59-23:59";
        for language in [Language::English, Language::Spanish] {
            assert!(Speech::closed(&longest.parse().unwrap(), language).text().chars().count() < 1_000);
        }
    }
}
