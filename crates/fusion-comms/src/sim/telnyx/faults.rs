//! Trouble on demand: refusals, answers that never come, an API that is down.

use std::time::Duration;

use super::{Api, SimTelnyx};

/// What is still to go wrong with one API.
#[derive(Default)]
pub(super) struct Faults {
    fail: u32,
    status: u16,
    /// Requests that are let through before one is refused so.
    let_through: Option<(u32, u16)>,
    hang: u32,
    act_then_hang: u32,
    down: bool,
}

/// What the next request meets.
pub(super) enum Fault {
    None,
    Status(u16),
    /// Not acted on, never answered.
    Hang,
    /// Acted on, never answered.
    ActThenHang,
}

/// A hung request is let go after this long, so that a forgotten one does not live for ever.
pub(super) const HANG: Duration = Duration::from_secs(120);

impl SimTelnyx {
    /// The next `n` requests are refused with `status` and have no effect.
    pub fn fail_next(&self, api: Api, n: u32, status: u16) {
        let mut state = self.state();
        let faults = state.faults.entry(api).or_default();
        (faults.fail, faults.status) = (n, status);
    }
    /// After `n` requests more one is refused with `status`.
    pub fn refuse_after(&self, api: Api, n: u32, status: u16) {
        self.state().faults.entry(api).or_default().let_through = Some((n, status));
    }
    /// The next `n` requests have no effect and get no answer.
    pub fn hang_next(&self, api: Api, n: u32) {
        self.state().faults.entry(api).or_default().hang = n;
    }
    /// The next `n` requests take effect and get no answer.
    pub fn act_then_hang(&self, api: Api, n: u32) {
        self.state().faults.entry(api).or_default().act_then_hang = n;
    }
    /// While down, every request is refused with 503.
    pub fn down(&self, api: Api, down: bool) {
        self.state().faults.entry(api).or_default().down = down;
    }

    pub(super) fn take_fault(&self, api: Api) -> Fault {
        let mut state = self.state();
        let Some(f) = state.faults.get_mut(&api) else { return Fault::None };
        match f.let_through {
            Some((0, status)) => {
                f.let_through = None;
                return Fault::Status(status);
            }
            Some((n, status)) => f.let_through = Some((n - 1, status)),
            None => {}
        }
        let mut take = |n: fn(&mut Faults) -> &mut u32| {
            let left = n(f);
            *left > 0 && {
                *left -= 1;
                true
            }
        };
        if take(|f| &mut f.fail) {
            Fault::Status(f.status)
        } else if take(|f| &mut f.hang) {
            Fault::Hang
        } else if take(|f| &mut f.act_then_hang) {
            Fault::ActThenHang
        } else if f.down {
            Fault::Status(503)
        } else {
            Fault::None
        }
    }
}
