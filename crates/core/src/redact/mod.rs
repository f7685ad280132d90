//! What a stored webhook body never holds: NUL, lone surrogates, single keys pressed, card numbers.
//!
//! [`parse_body`] makes bytes into JSON that both databases can keep; [`clean`] takes out what nobody may keep.

mod body;
mod cards;
mod digits;
mod fields;

pub use body::{BodyError, parse_body};
pub use cards::mask_text;
pub use fields::clean;
