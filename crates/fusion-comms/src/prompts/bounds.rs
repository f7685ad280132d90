//! What a recording must be like, each bound with its reason. Beyond a `FAIL` it must not be used; beyond a `WARN`
//! callers hear it, but not as they should.

/// The runbook's format: what Piper's medium voices make and Telnyx plays.
pub const SAMPLE_RATE_HZ: u32 = 22_050;
pub const BITS: u16 = 16;
pub const CHANNELS: u16 = 1;

/// Largest file in bytes. The longest prompt has 530 kB in this format; a telephone company need not wait for more.
pub const FAIL_BYTES: usize = 2 * 1024 * 1024;

/// Shortest recording in seconds: nothing of the menu can be said faster. The longest is the core's
/// `Prompt::length_ms`, by which a call's deadlines count: a longer one would be cut by them.
pub const FAIL_SHORTER_S: f64 = 0.5;

/// Seconds a word. Outside, it is another text than the prompt's, or nobody can follow.
pub const WARN_FASTER_S: f64 = 0.15;
pub const WARN_SLOWER_S: f64 = 1.0;

/// Level of the speech. The telephone's nominal level is near -26 dBFS (ITU-T P.56 with G.711); 14 dB below it is lost
/// in a line's noise, and near full scale the line's coding distorts.
pub const FAIL_QUIETER_DBFS: f64 = -40.0;
pub const WARN_QUIETER_DBFS: f64 = -32.0;
pub const WARN_LOUDER_DBFS: f64 = -10.0;

/// Share of samples at full scale. A peak may touch it; a voice cut flat there crackles.
pub const WARN_CLIPPED: f64 = 0.000_5;
pub const FAIL_CLIPPED: f64 = 0.01;

/// Seconds of silence before the speech: callers who hear nothing for two seconds take the line for dead.
pub const WARN_LEAD_S: f64 = 0.5;
pub const FAIL_LEAD_S: f64 = 2.0;

/// Seconds of silence after it: the wait for the first key begins only then.
pub const WARN_TAIL_S: f64 = 1.0;
pub const FAIL_TAIL_S: f64 = 3.0;
