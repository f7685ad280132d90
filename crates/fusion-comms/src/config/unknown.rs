//! Names in a secret that are no variable of this program: most are misspelt ones, whose value nobody reads.
//!
//! Only names are told, and only what looks like one: a value may stand in the wrong place.

use super::table::VARIABLES;

/// Characters of a name that is told at most.
const MAX_NAME: usize = 64;
/// Letters in which a misspelt name may differ: so many at most, and one in so many.
const MAX_DISTANCE: usize = 2;
const ONE_IN: usize = 4;

/// Whether the program knows a variable of this name.
pub(super) fn is_known(name: &str) -> bool {
    VARIABLES.iter().any(|v| v.name == name)
}

/// The variable that was probably meant.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let written = name.trim().to_uppercase().replace(['-', '.', ' '], "_");
    let allowed = MAX_DISTANCE.min(written.chars().count() / ONE_IN);
    let far = |known: &str| strsim::osa_distance(&written, known);
    VARIABLES.iter().map(|v| v.name).filter(|known| far(known) <= allowed).min_by_key(|known| far(known))
}

pub(super) const IN_ARN: &str = "the secret of APP_SECRETS_ARN";
pub(super) const IN_JSON: &str = "APP_SECRETS_JSON";

/// What is said of an unknown name in the secret of AWS Secrets Manager.
pub fn note_of_managed(name: &str) -> String {
    note(name, IN_ARN)
}

/// What is said of an unknown name in `place`, a secret.
pub(super) fn note(name: &str, place: &str) -> String {
    let shown = shown(name);
    let meant = nearest(name).map(|known| format!("; is {known} meant?")).unwrap_or_default();
    format!("{place} holds {shown}, which is no variable of this program and is not read{meant}")
}

/// The name, where it looks like one: keys and tokens mix large and small letters, or are long.
pub(super) fn shown(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let mixed =
        name.contains(|c: char| c.is_ascii_lowercase()) && name.contains(|c: char| c.is_ascii_uppercase());
    let words = name.len() < 32 || name.contains(['_', '-', '.']);
    if plain && words && !mixed && !name.is_empty() && name.len() <= MAX_NAME {
        format!("`{name}`")
    } else {
        "a name that has not the form of a variable's (not shown: it may be a value)".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_leads_to_the_one_that_was_meant_and_a_strange_one_to_none() {
        for (written, meant) in [
            ("TELNYX_PUBLICKEY", Some("TELNYX_PUBLIC_KEY")),
            // As near to TELNYX_API_KEY as to TELNYX_PUBLIC_KEY.
            ("TELNYX_PUB_KEY", None),
            ("telnyx-api-key", Some("TELNYX_API_KEY")),
            ("STRIPE_WEBHOOK_SECRETS", Some("STRIPE_WEBHOOK_SECRET")),
            ("STRIPE_WEBHOKO_SECRET", Some("STRIPE_WEBHOOK_SECRET")),
            ("DATABASE_ULR", Some("DATABASE_URL")),
            ("username", None),
            ("dbname", None),
            ("X", None),
            ("SOMETHING_ELSE", None),
        ] {
            assert_eq!(nearest(written), meant, "{written}");
        }
    }

    #[test]
    fn what_may_be_a_value_is_not_shown() {
        for name in ["STRIPE_WEBHOOK_SECRETS", "username", "telnyx-api-key"] {
            assert_eq!(shown(name), format!("`{name}`"));
        }
        for value in [
            "whsec_Abc123",
            "KEY0189abcDEF_x",
            "0123456789abcdef0123456789abcdef",
            "sk_live_51Abc",
            "a b",
            "postgres://u:p@h/d",
            "",
            "x\ny",
        ] {
            assert!(shown(value).starts_with("a name that"), "{value}");
        }
    }
}
