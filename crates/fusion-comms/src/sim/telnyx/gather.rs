//! Collecting keys: when a gather ends, and with which status.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::line::Line;
use super::playback::Clip;

/// A running gather.
pub(super) struct Gather {
    prompt: Clip,
    /// Played instead of the prompt after wrong keys, if there are tries left.
    invalid_prompt: Clip,
    minimum: usize,
    maximum: usize,
    tries_left: i64,
    /// To the first key, from the end of the prompt.
    timeout: Duration,
    between_keys: Duration,
    terminator: Option<char>,
    valid: String,
    digits: String,
    /// `None` while the prompt plays and no key has come.
    pub(super) times_out: Option<Instant>,
}

impl Gather {
    fn of(body: &Value, last_failed: Option<&str>, line: &Line) -> Self {
        let number = |name: &str, default: i64| body.get(name).and_then(Value::as_i64).unwrap_or(default);
        let text =
            |name: &str, default: &str| body.get(name).and_then(Value::as_str).unwrap_or(default).to_owned();
        let ms = |name, default| line.plan.pace.ms(number(name, default).unsigned_abs());
        let prompt = Clip::of(body, last_failed, true);
        let invalid_prompt = match body.get("invalid_audio_url") {
            Some(url) => Clip::of(&json!({ "audio_url": url }), None, true),
            None => prompt.clone(),
        };
        Self {
            prompt,
            invalid_prompt,
            minimum: usize::try_from(number("minimum_digits", 1)).unwrap_or(1),
            maximum: usize::try_from(number("maximum_digits", 128)).unwrap_or(128),
            tries_left: number("maximum_tries", 3),
            timeout: ms("timeout_millis", 60_000),
            between_keys: ms("inter_digit_timeout_millis", 5_000),
            terminator: text("terminating_digit", "#").chars().next(),
            valid: text("valid_digits", "0123456789#*"),
            digits: String::new(),
            times_out: None,
        }
    }

    fn status(&self) -> &'static str {
        let enough = (self.minimum..=self.maximum).contains(&self.digits.chars().count());
        if enough && self.digits.chars().all(|k| self.valid.contains(k)) { "valid" } else { "invalid" }
    }
    /// Keys are shown in the transcript where one is asked for: a menu choice is nobody's secret.
    fn shown(&self) -> &str {
        if self.maximum == 1 { &self.digits } else { "***" }
    }
}

impl Line {
    pub(super) fn start_gather(&mut self, body: &Value) {
        let gather = Gather::of(body, self.last_failed.as_deref(), self);
        let prompt = gather.prompt.clone();
        self.gather = Some(gather);
        self.enqueue(prompt);
    }

    /// The prompt is over: the wait for the first key begins.
    pub(super) fn gather_waits(&mut self) {
        if let Some(gather) = self.gather.as_mut().filter(|g| g.digits.is_empty()) {
            gather.times_out = Some(Instant::now() + gather.timeout);
        }
    }

    pub(super) fn gather_key(&mut self, key: char) {
        self.queue.retain(|clip| !clip.for_gather);
        self.stop_prompt("cancelled");
        let Some(gather) = self.gather.as_mut() else { return };
        if Some(key) == gather.terminator {
            let alone = gather.digits.is_empty();
            if self.sim.options.quirks.terminator_in_digits {
                gather.digits.push(key);
            }
            self.gather_complete(alone);
            return;
        }
        gather.digits.push(key);
        gather.times_out = Some(Instant::now() + gather.between_keys);
        if gather.digits.chars().count() >= gather.maximum {
            self.gather_complete(false);
        }
    }

    pub(super) fn gather_times_out(&mut self) {
        let Some(gather) = self.gather.as_mut() else { return };
        gather.times_out = None;
        if !gather.digits.is_empty() {
            self.gather_complete(false);
        } else if gather.tries_left > 1 {
            gather.tries_left -= 1;
            let prompt = gather.prompt.clone();
            self.enqueue(prompt);
        } else {
            self.note("stays silent");
            let silence = if self.sim.options.quirks.silence_is_invalid { "invalid" } else { "timeout" };
            self.gather_ends(silence);
        }
    }

    /// All keys are in. A terminator alone counts as `valid` with nothing in it.
    fn gather_complete(&mut self, terminator_alone: bool) {
        let Some(gather) = self.gather.as_mut() else { return };
        gather.times_out = None;
        let status = if terminator_alone { "valid" } else { gather.status() };
        let pressed = if terminator_alone {
            "presses the terminating key alone".to_owned()
        } else {
            format!("presses {}", gather.shown())
        };
        let again = (status == "invalid" && gather.tries_left > 1).then(|| {
            gather.tries_left -= 1;
            gather.digits.clear();
            gather.invalid_prompt.clone()
        });
        self.note(&pressed);
        match again {
            Some(prompt) => self.enqueue(prompt),
            None => self.gather_ends(status),
        }
    }

    /// Reports the end of the gather, if one runs.
    pub(super) fn gather_ends(&mut self, status: &str) {
        let Some(gather) = self.gather.take() else { return };
        let facts = json!({ "digits": gather.digits, "status": status });
        self.emit("call.gather.ended", self.a.payload(facts));
    }

    /// Another command takes the gather's place, or stops it.
    pub(super) fn cancel_gather(&mut self) {
        if self.gather.is_some() {
            self.queue.retain(|clip| !clip.for_gather);
            self.stop_prompt("cancelled");
            self.gather_ends("cancelled");
        }
    }

    /// Cuts the gather's own prompt short; a clip that played before it goes on.
    fn stop_prompt(&mut self, status: &'static str) {
        if self.playing.as_ref().is_some_and(|p| p.for_gather()) {
            self.clip_ends(status);
        }
    }
}
