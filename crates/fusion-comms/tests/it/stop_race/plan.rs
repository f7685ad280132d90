//! What happens in one run, drawn from seed and number.

use std::time::Duration;

use fusion_comms_core::phone::E164;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::TEXTS;

/// Words and sentences that take consent back.
const WORDS: [&str; 7] = [
    "STOP",
    "stop.",
    "Unsubscribe",
    "Please stop texting me",
    "I told you to take me off your list!!",
    "no me manden más mensajes",
    "s t o p 🛑",
];

pub struct Plan {
    /// Names the run's texts and events apart from all others.
    pub name: String,
    pub person: E164,
    pub words: &'static str,
    /// The STOP is written once the person has so many texts of ours, and after a moment more.
    pub after_texts: usize,
    pub and_then: Duration,
    /// From that moment to the STOP, and to the kill of an instance, if any: each may come first.
    pub stop_waits: Duration,
    pub kill: Option<(usize, Duration)>,
    /// The instance that is posted to first.
    pub first_base: usize,
    /// Requests that Telnyx answers 503, and ones that it acts on without an answer: their texts are tried again.
    pub refused_requests: u32,
    pub unanswered_requests: u32,
}

impl Plan {
    pub fn draw(seed: u32, n: u32) -> Self {
        let mut random = StdRng::seed_from_u64(u64::from(seed) << 32 | u64::from(n));
        let kill = random
            .random_bool(0.5)
            .then(|| (random.random_range(0..2), Duration::from_micros(random.random_range(0..80_000))));
        let stop_waits = if kill.is_some() { random.random_range(0..60_000) } else { 0 };
        Self {
            name: format!("{seed}-{n}"),
            person: E164::parse(&format!("+1720556{n:04}")).expect("a number for each of 10,000 runs"),
            words: WORDS[random.random_range(0..WORDS.len())],
            after_texts: random.random_range(0..TEXTS * 9 / 10),
            and_then: Duration::from_micros(random.random_range(0..20_000)),
            stop_waits: Duration::from_micros(stop_waits),
            kill,
            first_base: random.random_range(0..2),
            refused_requests: if random.random_bool(0.4) { random.random_range(1..30) } else { 0 },
            unanswered_requests: u32::from(random.random_bool(0.1)),
        }
    }
}
