//! Prompts: fetched as Telnyx fetches them, one after the other, each reported when it starts and ends.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::line::{Input, Line};

/// How long a prompt lasts whose length cannot be read off its header.
const USUAL_LENGTH: Duration = Duration::from_secs(4);
const LARGEST: usize = 20 << 20;

#[derive(Clone)]
pub(super) enum Sound {
    Url(String),
    /// `media_name`; taken to exist.
    Stored(String),
    Speech(String),
}

/// Something to be played.
#[derive(Clone)]
pub(super) struct Clip {
    pub(super) sound: Sound,
    pub(super) name: String,
    /// The prompt of a gather: a key cuts it short.
    pub(super) for_gather: bool,
}

/// What is being played, or fetched to be played.
pub(super) struct Playing {
    clip: Clip,
    token: u64,
    /// `None` while it is being fetched.
    pub(super) ends: Option<Instant>,
}

impl Playing {
    pub(super) fn for_gather(&self) -> bool {
        self.clip.for_gather
    }
}

impl Clip {
    pub(super) fn of(body: &Value, last_failed: Option<&str>, for_gather: bool) -> Self {
        let sound = Line::sound_of(body);
        let name = match &sound {
            Sound::Url(url) => file_stem(url),
            Sound::Stored(name) => name.clone(),
            Sound::Speech(_) => last_failed.unwrap_or("spoken").to_owned(),
        };
        Self { sound, name, for_gather }
    }

    /// The fields that name it in `call.playback.*`.
    fn facts(&self) -> Value {
        match &self.sound {
            Sound::Stored(name) => json!({ "media_name": name, "media_url": null, "overlay": false }),
            Sound::Url(url) => json!({ "media_url": url, "overlay": false }),
            Sound::Speech(_) => json!({}),
        }
    }
}

/// `menu` of `https://host/ivr/menu.wav?v=3`.
fn file_stem(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
}

impl Line {
    /// Plays it now, or after what is playing.
    pub(super) fn enqueue(&mut self, clip: Clip) {
        self.queue.push_back(clip);
        if self.playing.is_none() {
            self.play_next();
        }
    }

    fn play_next(&mut self) {
        let Some(clip) = self.queue.pop_front() else { return };
        self.token += 1;
        let token = self.token;
        let sound = clip.sound.clone();
        self.playing = Some(Playing { clip, token, ends: None });
        match sound {
            Sound::Url(url) => {
                let (http, to_self) = (self.sim.http.clone(), self.to_self.clone());
                tokio::spawn(async move {
                    let result = fetch(&http, &url).await;
                    let _ = to_self.send(Input::Fetched { token, result });
                });
            }
            Sound::Stored(_) => self.fetched(token, Ok(USUAL_LENGTH)),
            Sound::Speech(text) => {
                let length = Duration::from_millis(60 * text.chars().count() as u64);
                self.fetched(token, Ok(length));
            }
        }
    }

    pub(super) fn fetched(&mut self, token: u64, result: Result<Duration, (&'static str, String)>) {
        let Some(playing) = self.playing.as_mut().filter(|p| p.token == token) else { return };
        match result {
            Ok(length) => {
                playing.ends = Some(Instant::now() + self.plan.pace.of(length));
                let clip = playing.clip.clone();
                self.last_failed = None;
                if matches!(clip.sound, Sound::Speech(_)) {
                    self.note(&format!("hears {} (spoken)", clip.name));
                    self.emit("call.speak.started", self.a.bare(json!({})));
                } else {
                    self.note(&format!("hears {}", clip.name));
                    self.emit("call.playback.started", self.a.bare(clip.facts()));
                }
                let speech = match &clip.sound {
                    Sound::Speech(text) => Some(text.as_str()),
                    _ => None,
                };
                self.react(&clip.name, speech);
            }
            Err((status, detail)) => {
                let Some(playing) = self.playing.take() else { return };
                let clip = playing.clip;
                self.note(&format!("hears nothing: {} could not be played", clip.name));
                let mut facts = clip.facts();
                facts["status"] = json!(status);
                facts["status_detail"] = json!(detail);
                self.emit("call.playback.ended", self.a.bare(facts));
                self.last_failed = Some(clip.name);
                self.after_clip(clip.for_gather);
            }
        }
    }

    /// What is playing comes to its end, or is cut short.
    pub(super) fn clip_ends(&mut self, status: &'static str) {
        let Some(Playing { clip, ends, .. }) = self.playing.take() else { return };
        // What was still being fetched has not started and so does not end.
        if ends.is_some() {
            if matches!(clip.sound, Sound::Speech(_)) {
                // Speech has no `cancelled`.
                let status = if status == "cancelled" { "completed" } else { status };
                self.emit("call.speak.ended", self.a.bare(json!({ "status": status })));
            } else {
                let mut facts = clip.facts();
                facts["status"] = json!(status);
                self.emit("call.playback.ended", self.a.bare(facts));
            }
        }
        self.after_clip(clip.for_gather);
    }

    fn after_clip(&mut self, for_gather: bool) {
        if for_gather {
            self.gather_waits();
        }
        self.play_next();
    }
}

/// Fetches a prompt; its length, or the status and detail that Telnyx reports.
async fn fetch(http: &reqwest::Client, url: &str) -> Result<Duration, (&'static str, String)> {
    let no_connection = |_| ("failed", "audio file could not be fetched".to_owned());
    let mut answer = http.get(url).timeout(Duration::from_secs(5)).send().await.map_err(no_connection)?;
    let status = answer.status().as_u16();
    if !answer.status().is_success() {
        let kind = if matches!(status, 404 | 410) { "file_not_found" } else { "failed" };
        return Err((kind, format!("audio file could not be fetched: {status}")));
    }
    let (mut head, mut total) = (Vec::new(), 0);
    while let Some(chunk) = answer.chunk().await.map_err(no_connection)? {
        total += chunk.len();
        if total > LARGEST {
            return Err(("failed", "audio file too large".to_owned()));
        }
        head.extend_from_slice(&chunk[..chunk.len().min(44_usize.saturating_sub(head.len()))]);
    }
    Ok(wav_length(&head, total).unwrap_or(USUAL_LENGTH))
}

/// The length of a WAV file by its header's byte rate.
fn wav_length(head: &[u8], total: usize) -> Option<Duration> {
    if !head.starts_with(b"RIFF") || head.get(8..12)? != b"WAVE" {
        return None;
    }
    let rate = u32::from_le_bytes(head.get(28..32)?.try_into().ok()?);
    (rate > 0).then(|| Duration::from_secs_f64(total as f64 / f64::from(rate)).min(Duration::from_secs(120)))
}
