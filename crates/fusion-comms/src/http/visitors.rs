//! How often one visitor may open payment links. Tokens cannot be guessed; this keeps the attempt from costing anything.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::HeaderMap;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Links at once: many payers may share one address of a mobile network.
const BURST: NonZeroU32 = NonZeroU32::new(60).expect("not zero");
/// After those, one link each.
const EACH: Duration = Duration::from_secs(1);
/// Visits between two sweeps of visitors that may start afresh.
const SWEEP_EVERY: u64 = 1024;

/// Who opened links lately.
pub struct Visitors {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    visits: AtomicU64,
}

impl Default for Visitors {
    fn default() -> Self {
        let quota = Quota::with_period(EACH).expect("a period").allow_burst(BURST);
        Visitors { limiter: RateLimiter::keyed(quota), visits: AtomicU64::new(0) }
    }
}

impl Visitors {
    /// Lets a visitor in, or says in how many seconds.
    ///
    /// # Errors
    /// The seconds to wait, at least 1.
    pub fn admit(&self, who: IpAddr) -> Result<(), u64> {
        if self.visits.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP_EVERY) {
            self.limiter.retain_recent();
        }
        self.limiter
            .check_key(&who)
            .map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
    }
}

/// The address that a request comes from: the peer's, or, behind a proxy of our own network, the one that the proxy
/// saw. Of an IPv6 address the network part, since a visitor has the rest to choose from.
pub fn visitor(peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.ip().to_canonical();
    let seen = || {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    };
    let ours = match peer {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback(),
    };
    match ours.then(seen).flatten().unwrap_or(peer).to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn from(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        visitor(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_visitor_is_told_by_the_last_address_that_a_proxy_of_ours_saw() {
        assert_eq!(from("203.0.113.9:1", &[]), "203.0.113.9");
        assert_eq!(from("203.0.113.9:1", &["198.51.100.1"]), "203.0.113.9", "a stranger's word is not taken");
        assert_eq!(from("10.0.0.7:1", &["198.51.100.1, 203.0.113.5"]), "203.0.113.5");
        assert_eq!(from("10.0.0.7:1", &["198.51.100.1", "203.0.113.5"]), "203.0.113.5");
        assert_eq!(from("10.0.0.7:1", &["nonsense"]), "10.0.0.7");
        assert_eq!(from("[::ffff:10.0.0.7]:1", &["203.0.113.5"]), "203.0.113.5");
        assert_eq!(from("[2001:db8:1:2:3:4:5:6]:1", &[]), "2001:db8:1:2::");
    }

    #[test]
    fn one_visitor_is_held_back_and_the_others_are_not() {
        let visitors = Visitors::default();
        let (one, other) = ("203.0.113.9".parse().unwrap(), "203.0.113.10".parse().unwrap());
        let admitted = (0..200).filter(|_| visitors.admit(one).is_ok()).count();
        assert!((60..70).contains(&admitted), "{admitted} of 200 at once");
        assert!(visitors.admit(one).is_err_and(|seconds| seconds >= 1));
        assert!(visitors.admit(other).is_ok());
    }
}
