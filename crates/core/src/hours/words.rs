//! Office hours as a voice reads them, in English and in Spanish.

use chrono::Weekday;

use super::{DAY_MIN, Days, Group, Hours, Span};
use crate::ivr::Language;

impl Hours {
    /// `Monday to Friday, 8 A M to 5 P M; Saturday, 9 A M to noon`.
    pub fn spoken(&self, language: Language) -> String {
        let group = |g: &Group| {
            let days: Vec<String> = g.days.iter().map(|d| days(*d, language)).collect();
            let spans: Vec<String> = g.spans.iter().map(|s| span(*s, language)).collect();
            format!("{}, {}", listed(&days, language), listed(&spans, language))
        };
        self.0.iter().map(group).collect::<Vec<_>>().join("; ")
    }
}

fn listed(parts: &[String], language: Language) -> String {
    let and = match language {
        Language::English => " and ",
        Language::Spanish => " y ",
    };
    match parts {
        [most @ .., last] if !most.is_empty() => format!("{}{and}{last}", most.join(", ")),
        _ => parts.concat(),
    }
}

fn days(d: Days, language: Language) -> String {
    let to = match language {
        Language::English => "to",
        Language::Spanish => "a",
    };
    match d.first == d.last {
        true => day(d.first, language).to_owned(),
        false => format!("{} {to} {}", day(d.first, language), day(d.last, language)),
    }
}

fn day(day: Weekday, language: Language) -> &'static str {
    let names = match language {
        Language::English => ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        Language::Spanish => ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    };
    names[day.num_days_from_monday() as usize]
}

fn span(s: Span, language: Language) -> String {
    match (language, s) {
        (Language::English, Span { from: 0, to: DAY_MIN }) => "all day".to_owned(),
        (Language::Spanish, Span { from: 0, to: DAY_MIN }) => "todo el día".to_owned(),
        (Language::English, _) => format!("{} to {}", english(s.from), english(s.to)),
        (Language::Spanish, _) => spanish(s),
    }
}

fn english(at: u16) -> String {
    let (hour, minute) = (at / 60 % 24, at % 60);
    let half = if hour < 12 { "A M" } else { "P M" };
    match (hour, minute) {
        (0, 0) => "midnight".to_owned(),
        (12, 0) => "noon".to_owned(),
        (_, 0) => format!("{} {half}", twelve(hour)),
        (_, 1..=9) => format!("{} oh {minute} {half}", twelve(hour)),
        _ => format!("{} {minute} {half}", twelve(hour)),
    }
}

/// `de las 8 de la mañana a las 5 de la tarde`; noon and midnight take the article into the preposition.
fn spanish(s: Span) -> String {
    let from = match s.from {
        0 => "de la medianoche".to_owned(),
        720 => "del mediodía".to_owned(),
        at => format!("de {}", spanish_time(at)),
    };
    let to = match s.to {
        DAY_MIN => "a la medianoche".to_owned(),
        720 => "al mediodía".to_owned(),
        at => format!("a {}", spanish_time(at)),
    };
    format!("{from} {to}")
}

fn spanish_time(at: u16) -> String {
    let (hour, minute) = (at / 60 % 24, at % 60);
    let part = match hour {
        0..=5 => "de la madrugada",
        6..=11 => "de la mañana",
        12..=19 => "de la tarde",
        _ => "de la noche",
    };
    let article = if twelve(hour) == 1 { "la" } else { "las" };
    match minute {
        0 => format!("{article} {} {part}", twelve(hour)),
        _ => format!("{article} {} y {minute} {part}", twelve(hour)),
    }
}

fn twelve(hour: u16) -> u16 {
    if hour.is_multiple_of(12) { 12 } else { hour % 12 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_spoken_as_people_say_them() {
        for (text, english, spanish) in [
            (
                "mon-fri 08:00-17:00; sat 09:00-12:00",
                "Monday to Friday, 8 A M to 5 P M; Saturday, 9 A M to noon",
                "lunes a viernes, de las 8 de la mañana a las 5 de la tarde; sábado, de las 9 de la mañana al mediodía",
            ),
            (
                "mon,wed 08:30-12:05,13:00-24:00; sun 00:00-24:00",
                "Monday and Wednesday, 8 30 A M to 12 oh 5 P M and 1 P M to midnight; Sunday, all day",
                "lunes y miércoles, de las 8 y 30 de la mañana a las 12 y 5 de la tarde y de la 1 de la tarde a la \
                 medianoche; domingo, todo el día",
            ),
        ] {
            let hours: Hours = text.parse().unwrap();
            assert_eq!(hours.spoken(Language::English), english);
            assert_eq!(hours.spoken(Language::Spanish), spanish);
        }
    }
}
