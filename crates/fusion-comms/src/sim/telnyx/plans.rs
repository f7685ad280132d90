//! What a test or a demo asks of the simulator: who calls, what they do, how Telnyx behaves.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use tokio::sync::mpsc::UnboundedSender;
use url::Url;

use super::Moment;

/// How this Telnyx account is set up. Change the fields after [`SimOptions::new`] where the defaults do not fit.
#[derive(Clone)]
pub struct SimOptions {
    /// Webhooks go to this address + `/webhooks/telnyx/{voice,sms,fax}`.
    pub webhook_base: Url,
    pub signing: SigningKey,
    /// The bearer token asked for; `None` takes any, but one must be sent.
    pub api_key: Option<String>,
    /// Numbers that may send texts; `None` takes any well-formed one.
    pub from_numbers: Option<HashSet<String>>,
    /// Messaging profile of a number; numbers not named here are on `default_profile`.
    pub profiles: HashMap<String, String>,
    pub default_profile: String,
    /// Telnyx's own generic answer to a stop word.
    pub answers_stop: bool,
    /// Where fax media links point to (`http://ADDR/`); [`super::SimTelnyx::set_media_base`] sets it once the port is known.
    pub media_base: Url,
    /// Life of a fax media link.
    pub fax_link_seconds: u64,
    /// Time the service has to answer a webhook.
    pub webhook_timeout: Duration,
    /// Wait before the first retry of a webhook; doubles with each (the real spacing is not documented).
    pub retry_base: Duration,
    /// From acceptance of a text to `message.sent`, and again to `message.finalized`.
    pub text_delay: Duration,
    pub quirks: Quirks,
    pub chaos: Option<Chaos>,
    /// Whoever measures is told of every webhook and every command here.
    pub watch: Option<UnboundedSender<Moment>>,
}

impl SimOptions {
    pub fn new(webhook_base: Url, signing: SigningKey) -> Self {
        let media_base = webhook_base.clone();
        Self {
            webhook_base,
            signing,
            api_key: None,
            from_numbers: None,
            profiles: HashMap::new(),
            // The profile that the service names by itself in dev.
            default_profile: "40000000-0000-4000-8000-000000000001".to_owned(),
            answers_stop: true,
            media_base,
            fax_link_seconds: 600,
            webhook_timeout: Duration::from_secs(2),
            retry_base: Duration::from_secs(1),
            text_delay: Duration::from_millis(150),
            quirks: Quirks::default(),
            chaos: None,
            watch: None,
        }
    }
}

/// Behaviour that Telnyx does not document; a service must bear either side of each.
#[derive(Clone, Debug, Default)]
pub struct Quirks {
    /// Silence is reported as `invalid` with no digits, as older platforms did, instead of `timeout`.
    pub silence_is_invalid: bool,
    /// The terminating key stays in `digits`.
    pub terminator_in_digits: bool,
    /// A caller's hang-up reports `call.hangup` before `call.gather.ended`.
    pub hangup_before_gather_ended: bool,
}

/// Delivery trouble, drawn from a seed so that a run can be repeated.
#[derive(Clone, Debug)]
pub struct Chaos {
    /// Up to this many extra deliveries of each event.
    pub duplicates: u8,
    /// Deliver at the same time, in no order.
    pub reorder: bool,
    pub extra_delay_ms: Range<u64>,
    pub seed: u64,
}

/// How much faster than life a caller and the line are: 1.0 is life, 50.0 suits tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace(pub f64);

impl Pace {
    pub const LIFE: Pace = Pace(1.0);
    pub const FAST: Pace = Pace(50.0);

    pub fn ms(self, ms: u64) -> Duration {
        Duration::from_secs_f64(ms as f64 / 1000.0 / self.0.max(0.01))
    }
    pub fn of(self, life: Duration) -> Duration {
        self.ms(u64::try_from(life.as_millis()).unwrap_or(u64::MAX))
    }
}

/// What a caller does on hearing a prompt.
#[derive(Clone, PartialEq, Eq)]
pub enum Reply {
    Keys(String),
    Silence,
    HangUp,
    HangUpAfterKeys(String),
}

/// What becomes of the second leg of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferOutcome {
    /// Answered, talked for so long, then the called side hangs up.
    Answered {
        talk: Duration,
    },
    Busy,
    NoAnswer,
    Rejected,
    Timeout,
}

/// One call: who, to which number, and what the caller does at each prompt.
#[derive(Clone)]
pub struct CallPlan {
    pub from: String,
    pub to: String,
    pub transfer: TransferOutcome,
    pub pace: Pace,
    /// The caller gives up if nobody has answered by then (in life's time).
    pub patience: Duration,
    replies: HashMap<String, VecDeque<Reply>>,
    /// By words that occur in a speech, in the order given.
    spoken: Vec<(String, VecDeque<Reply>)>,
}

impl CallPlan {
    pub fn new(from: &str, to: &str) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            transfer: TransferOutcome::Answered { talk: Duration::from_secs(20) },
            pace: Pace::LIFE,
            patience: Duration::from_secs(60),
            replies: HashMap::new(),
            spoken: Vec::new(),
        }
    }

    /// Adds what the caller does the next time `prompt` is heard; the last one given for a prompt repeats.
    ///
    /// A prompt's name is the file name of its `audio_url` without extension and query. Speech has the name of the
    /// prompt that last failed to play, else `spoken`; [`CallPlan::at_words`] tells speeches apart by what they say. A
    /// prompt with nothing given is met with silence.
    #[must_use]
    pub fn at(mut self, prompt: &str, reply: Reply) -> Self {
        self.replies.entry(prompt.to_owned()).or_default().push_back(reply);
        self
    }
    /// Short for [`CallPlan::at`] with [`Reply::Keys`].
    #[must_use]
    pub fn press(self, prompt: &str, keys: &str) -> Self {
        self.at(prompt, Reply::Keys(keys.to_owned()))
    }
    /// The same for speech in which these words occur; goes before what [`CallPlan::at`] says of it.
    #[must_use]
    pub fn at_words(mut self, words: &str, reply: Reply) -> Self {
        match self.spoken.iter_mut().find(|(known, _)| known == words) {
            Some((_, replies)) => replies.push_back(reply),
            None => self.spoken.push((words.to_owned(), VecDeque::from([reply]))),
        }
        self
    }
    /// Short for [`CallPlan::at_words`] with [`Reply::Keys`].
    #[must_use]
    pub fn press_at_words(self, words: &str, keys: &str) -> Self {
        self.at_words(words, Reply::Keys(keys.to_owned()))
    }
    #[must_use]
    pub fn transfer(mut self, outcome: TransferOutcome) -> Self {
        self.transfer = outcome;
        self
    }
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// `speech` is what is said, where it is no recording.
    pub(super) fn next_reply(&mut self, prompt: &str, speech: Option<&str>) -> Reply {
        let by_words = speech.and_then(|said| self.spoken.iter_mut().find(|(words, _)| said.contains(words)));
        let replies = match by_words {
            Some((_, replies)) => Some(replies),
            None => self.replies.get_mut(prompt),
        };
        match replies {
            Some(list) if list.len() > 1 => list.pop_front().unwrap_or(Reply::Silence),
            Some(list) => list.front().cloned().unwrap_or(Reply::Silence),
            None => Reply::Silence,
        }
    }
}

/// What becomes of an accepted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextOutcome {
    Delivered,
    /// With the error code, such as `40008`.
    DeliveryFailed(String),
    Unconfirmed,
}

/// A fax that somebody sends to one of our numbers.
#[derive(Clone)]
pub struct FaxPlan {
    pub from: String,
    pub to: String,
    pub bytes: Bytes,
    pub pages: u32,
    pub partial: bool,
    /// The fax breaks off with this reason, such as `sender_call_dropped`; no document comes.
    pub fail: Option<String>,
}

impl FaxPlan {
    pub fn new(from: &str, to: &str, bytes: impl Into<Bytes>, pages: u32) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            bytes: bytes.into(),
            pages,
            partial: false,
            fail: None,
        }
    }
}

/// The parts of the simulator that can be made to fail apart from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    Calls,
    Messages,
    /// The list of numbers that Telnyx itself blocks.
    OptOuts,
    /// The list of webhook deliveries.
    Deliveries,
    /// Credit, messaging profiles, numbers.
    Account,
    Faxes,
    /// Downloads of fax documents.
    Media,
}
