//! Checks on the parameters of a request, each refusing as Telnyx does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fusion_comms_core::phone::E164;
use serde_json::{Map, Value};

use super::errors::Refusal;

type Checked<'a> = Result<&'a Fields<'a>, Refusal>;

/// The parameters of one request. A check of a parameter that is absent passes.
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(super) fn new(map: &'a Map<String, Value>) -> Self {
        Self(map)
    }
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }
    fn present(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|v| !v.is_null())
    }
    fn string(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::bad_parameter(name, "a string")),
        }
    }
    fn ensure(&'a self, ok: bool, name: &str, want: &str) -> Checked<'a> {
        if ok { Ok(self) } else { Err(Refusal::bad_parameter(name, want)) }
    }

    pub(super) fn required(&'a self, name: &str) -> Checked<'a> {
        match self.string(name)? {
            Some(text) if !text.is_empty() => Ok(self),
            _ => Err(Refusal::missing(name)),
        }
    }
    pub(super) fn one_of(&'a self, this: &str, that: &str) -> Checked<'a> {
        match (self.present(this), self.present(that)) {
            (None, None) => Err(Refusal::missing(this)),
            (Some(_), Some(_)) => Err(Refusal::bad_parameter(that, "left out beside the other")),
            _ => Ok(self),
        }
    }
    /// At most `longest` characters.
    pub(super) fn text(&'a self, name: &str, longest: usize) -> Checked<'a> {
        let ok = self.string(name)?.is_none_or(|t| t.chars().count() <= longest);
        self.ensure(ok, name, "shorter")
    }
    pub(super) fn base64(&'a self, name: &str) -> Checked<'a> {
        match self.string(name)?.map(|t| STANDARD.decode(t)) {
            Some(Err(_)) => Err(Refusal::bad_client_state()),
            _ => Ok(self),
        }
    }
    pub(super) fn http_url(&'a self, name: &str) -> Checked<'a> {
        let ok = self.string(name)?.is_none_or(|t| {
            url::Url::parse(t).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.host().is_some())
        });
        self.ensure(ok, name, "an http or https URL")
    }
    pub(super) fn choice(&'a self, name: &str, choices: &[&str]) -> Checked<'a> {
        let ok = self.string(name)?.is_none_or(|t| choices.contains(&t));
        self.ensure(ok, name, "one of the documented values")
    }
    pub(super) fn keys(&'a self, name: &str, longest: usize) -> Checked<'a> {
        let key = |c: char| c.is_ascii_digit() || matches!(c, '#' | '*');
        let ok = self.string(name)?.is_none_or(|t| t.len() <= longest && t.chars().all(key));
        self.ensure(ok, name, "telephone keys")
    }
    /// `male`, `female`, or a provider's voice, as in `AWS.Polly.Joanna`.
    pub(super) fn voice(&'a self) -> Checked<'a> {
        const PROVIDERS: [&str; 4] = ["AWS.Polly.", "Azure.", "Telnyx.", "ElevenLabs."];
        let known = |t: &str| {
            matches!(t, "male" | "female")
                || PROVIDERS.iter().any(|p| t.strip_prefix(p).is_some_and(|voice| !voice.is_empty()))
        };
        let ok = self.string("voice")?.is_none_or(known);
        self.ensure(ok, "voice", "one of the documented voices")
    }
    /// An E.164 number or a SIP URI.
    pub(super) fn party(&'a self, name: &str) -> Checked<'a> {
        let ok = self.string(name)?.is_none_or(|t| E164::parse(t).is_ok() || t.starts_with("sip:"));
        self.ensure(ok, name, "a number in +E.164 form or a SIP URI")
    }
    pub(super) fn range(&'a self, name: &str, low: i64, high: i64) -> Checked<'a> {
        match self.present(name) {
            None => Ok(self),
            Some(v) => match v.as_i64() {
                Some(n) if (low..=high).contains(&n) => Ok(self),
                Some(_) => Err(Refusal::out_of_range(name, low, high)),
                None => Err(Refusal::bad_parameter(name, "a whole number")),
            },
        }
    }
    pub(super) fn loops(&'a self, name: &str) -> Checked<'a> {
        if self.present(name).is_some_and(|v| v == "infinity") { Ok(self) } else { self.range(name, 1, 100) }
    }
    /// Refuses every parameter that `known` does not know.
    pub(super) fn only(&self, known: impl Fn(&str) -> bool) -> Result<(), Refusal> {
        match self.0.keys().find(|name| !known(name)) {
            Some(name) => Err(Refusal::unknown_parameter(name)),
            None => Ok(()),
        }
    }
}
