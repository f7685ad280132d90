//! Durations and their quantiles.

use std::time::Duration;

/// Durations in ascending order.
pub struct Figures(Vec<Duration>);

impl Figures {
    pub fn new(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self(durations)
    }

    /// The smallest duration that `percent` of all do not exceed, in milliseconds; 0 where there are none.
    pub fn ms(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).map_or(0.0, |d| d.as_secs_f64() * 1000.0)
    }

    pub fn row(&self, name: &str) -> String {
        let [p50, p90, p99, max] = [50, 90, 99, 100].map(|p| self.ms(p));
        format!("  {name:<46} {:>7} {p50:>8.1} {p90:>8.1} {p99:>8.1} {max:>8.1}", self.0.len())
    }

    /// As [`Figures::row`], in microseconds.
    pub fn row_us(&self, name: &str) -> String {
        let [p50, p90, p99, max] = [50, 90, 99, 100].map(|p| self.ms(p) * 1000.0);
        format!("  {name:<46} {:>7} {p50:>8.1} {p90:>8.1} {p99:>8.1} {max:>8.1}", self.0.len())
    }

    pub fn head_us(title: &str) -> String {
        format!("  {title:<46} {:>7} {:>8} {:>8} {:>8} {:>8}", "n", "p50 µs", "p90 µs", "p99 µs", "max µs")
    }

    pub fn head(title: &str) -> String {
        format!("  {title:<46} {:>7} {:>8} {:>8} {:>8} {:>8}", "n", "p50 ms", "p90 ms", "p99 ms", "max ms")
    }
}
