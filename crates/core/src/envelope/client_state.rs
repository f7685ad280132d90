//! The `client_state` we send with a call's commands, and know again in its events.
//!
//! It carries the call's step counter. Telnyx takes base64 only and gives it back in every later event of the leg.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// `{"fc":1,"step":N}`; `fc` says that it is ours and in which form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    fc: u8,
    step: u32,
}

/// Writes a step as `client_state`: base64 of `{"fc":1,"step":N}`.
pub fn client_state(step: u32) -> String {
    STANDARD.encode(format!(r#"{{"fc":1,"step":{step}}}"#))
}

/// The step of a `client_state` that [`client_state`] wrote; `None` for null and for anybody else's.
pub fn our_step(client_state: Option<&str>) -> Option<u32> {
    let json = STANDARD.decode(client_state?).ok()?;
    let state: State = serde_json::from_slice(&json).ok()?;
    (state.fc == 1).then_some(state.step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_read_back_as_it_was_written() {
        assert_eq!(client_state(7), "eyJmYyI6MSwic3RlcCI6N30=");
        for step in [0, 1, 12, u32::MAX] {
            assert_eq!(our_step(Some(&client_state(step))), Some(step));
        }
    }

    #[test]
    fn a_state_that_is_not_ours_is_none() {
        assert_eq!(our_step(None), None);
        for text in ["", "menu", "eyJ2IjoxLCJzIjoibWVudSIsIm4iOjJ9", r#"{"fc":1,"step":7}"#] {
            assert_eq!(our_step(Some(text)), None, "{text}");
        }
        for json in [
            r#"{"fc":2,"step":7}"#,
            r#"{"fc":1}"#,
            r#"{"fc":1,"step":-1}"#,
            r#"{"fc":1,"step":4294967296}"#,
            r#"{"fc":1,"step":"7"}"#,
            r#"{"fc":1,"step":7,"x":0}"#,
            "7",
            "\u{fffd}",
        ] {
            assert_eq!(our_step(Some(&STANDARD.encode(json))), None, "{json}");
        }
    }
}
