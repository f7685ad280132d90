//! Office hours as a text message gives them: short, and in the GSM-7 alphabet.

use chrono::Weekday;

use super::{DAY_MIN, Days, Group, Hours, Span};
use crate::ivr::Language;

impl Hours {
    /// `Mon-Fri 8am-5pm; Sat 9am-noon`.
    pub fn written(&self, language: Language) -> String {
        let group = |g: &Group| {
            let days: Vec<String> = g.days.iter().map(|d| days(*d, language)).collect();
            let spans: Vec<String> = g.spans.iter().map(|s| span(*s, language)).collect();
            format!("{} {}", days.join(","), spans.join(", "))
        };
        self.0.iter().map(group).collect::<Vec<_>>().join("; ")
    }
}

fn days(d: Days, language: Language) -> String {
    match d.first == d.last {
        true => day(d.first, language).to_owned(),
        false => format!("{}-{}", day(d.first, language), day(d.last, language)),
    }
}

fn day(day: Weekday, language: Language) -> &'static str {
    let names = match language {
        Language::English => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        Language::Spanish => ["lun", "mar", "mie", "jue", "vie", "sab", "dom"],
    };
    names[day.num_days_from_monday() as usize]
}

fn span(s: Span, language: Language) -> String {
    match (s, language) {
        (Span { from: 0, to: DAY_MIN }, Language::English) => "all day".to_owned(),
        (Span { from: 0, to: DAY_MIN }, Language::Spanish) => "todo el dia".to_owned(),
        _ => format!("{}-{}", clock(s.from, language), clock(s.to, language)),
    }
}

/// `8am`, `8:30am`; twelve o'clock by its name, which nobody takes for the other.
fn clock(at: u16, language: Language) -> String {
    let (hour, minute) = (at / 60 % 24, at % 60);
    match (hour, minute, language) {
        (0, 0, Language::English) => return "midnight".to_owned(),
        (0, 0, Language::Spanish) => return "medianoche".to_owned(),
        (12, 0, Language::English) => return "noon".to_owned(),
        (12, 0, Language::Spanish) => return "mediodia".to_owned(),
        _ => {}
    }
    let half = if hour < 12 { "am" } else { "pm" };
    let twelve = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    if minute == 0 { format!("{twelve}{half}") } else { format!("{twelve}:{minute:02}{half}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_written_short() {
        for (text, english, spanish) in [
            ("mon-fri 08:00-17:00", "Mon-Fri 8am-5pm", "lun-vie 8am-5pm"),
            (
                "mon-fri 08:00-17:00; sat 09:00-12:00",
                "Mon-Fri 8am-5pm; Sat 9am-noon",
                "lun-vie 8am-5pm; sab 9am-mediodia",
            ),
            (
                "mon,wed 08:30-12:05,13:00-24:00; sun 00:00-24:00",
                "Mon,Wed 8:30am-12:05pm, 1pm-midnight; Sun all day",
                "lun,mie 8:30am-12:05pm, 1pm-medianoche; dom todo el dia",
            ),
        ] {
            let hours: Hours = text.parse().unwrap();
            assert_eq!(hours.written(Language::English), english);
            assert_eq!(hours.written(Language::Spanish), spanish);
        }
    }
}
