//! Asks again where a provider is busy or in trouble: as long as it says, else a little longer each time.

use std::time::Duration;

use super::Failure;
use crate::stripe::{self, StripeError};
use crate::telnyx::{self, TelnyxError};

/// How often one page is asked for.
const TRIES: u32 = 6;

/// Asks until there is an answer, or no hope of one.
pub(super) async fn with<T>(
    tell: &(dyn Fn(&str) + Sync),
    mut ask: impl AsyncFnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    for tried in 1.. {
        match ask().await {
            Err(e) if tried < TRIES => match wait(&e, tried) {
                Some(wait) => {
                    tell(&format!("{e}; asking again in {} s", wait.as_secs()));
                    tokio::time::sleep(wait).await;
                }
                None => return Err(e),
            },
            done => return done,
        }
    }
    unreachable!("the last try returns")
}

/// How long to wait before the next try; `None` where it would fail the same.
fn wait(e: &Failure, tried: u32) -> Option<Duration> {
    let usual = 1 << tried.saturating_sub(1).min(4);
    let seconds = match e {
        Failure::Telnyx(e) | Failure::Blocks(crate::blocks::Failure::Telnyx(e)) => telnyx_wait(e, usual)?,
        Failure::Stripe(e) => stripe_wait(e, usual)?,
        Failure::Blocks(_) | Failure::Store(_) => return None,
    };
    Some(Duration::from_secs(seconds))
}

fn telnyx_wait(e: &TelnyxError, usual: u64) -> Option<u64> {
    match e {
        // Our key is refused: a person must set another.
        TelnyxError::Rejected { http: 401, .. } => None,
        TelnyxError::RateLimited { retry_after_s } => Some((*retry_after_s).max(usual)),
        e => (e.class() == telnyx::Class::Retry).then_some(usual),
    }
}

fn stripe_wait(e: &StripeError, usual: u64) -> Option<u64> {
    match e {
        StripeError::Refused { http: 401, .. } => None,
        e if e.class() == stripe::Class::Retry => Some(e.retry_after_s().unwrap_or(0).max(usual)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_provider_is_given_the_time_it_asks_for_and_a_refused_key_is_not_tried_again() {
        let busy = Failure::Telnyx(TelnyxError::RateLimited { retry_after_s: 30 });
        assert_eq!(wait(&busy, 1), Some(Duration::from_secs(30)));
        let down = Failure::Telnyx(TelnyxError::Server { http: 502 });
        assert_eq!([1, 2, 3, 6].map(|n| wait(&down, n).unwrap().as_secs()), [1, 2, 4, 16]);
        let key = Failure::Telnyx(TelnyxError::Rejected { http: 401, code: None, title: None });
        assert_eq!(wait(&key, 1), None);
    }
}
