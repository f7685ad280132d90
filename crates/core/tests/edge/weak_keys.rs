//! Public keys that anybody can forge for, and encodings of a point that no honest key has.
//!
//! Computed from the curve's definition (RFC 8032 §5.1): the eight points of small order, and values of y at or above
//! the prime.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fusion_comms_core::signature::{KeyError, TelnyxKeys};

const SMALL_ORDER: [&str; 8] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

const SMALL_ORDER_NOT_CANONICAL: [&str; 6] = [
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

const NOT_CANONICAL: [&str; 4] = [
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "f1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f2ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// No point of the curve has this y.
const OFF_CURVE: &str = "0200000000000000000000000000000000000000000000000000000000000000";

fn parse(hex_key: &str) -> KeyError {
    TelnyxKeys::parse(&[&STANDARD.encode(hex::decode(hex_key).unwrap())]).unwrap_err()
}

#[test]
fn a_key_of_small_order_is_refused() {
    for key in SMALL_ORDER {
        assert_eq!(parse(key), KeyError::Weak { place: 1 }, "{key}");
    }
}

#[test]
fn an_encoding_that_is_not_canonical_is_refused() {
    for key in SMALL_ORDER_NOT_CANONICAL.iter().chain(&NOT_CANONICAL) {
        assert_eq!(parse(key), KeyError::Weak { place: 1 }, "{key}");
    }
}

#[test]
fn bytes_that_are_no_point_are_refused() {
    assert_eq!(parse(OFF_CURVE), KeyError::Malformed { place: 1 });
}
