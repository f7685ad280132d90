//! The wish for the texts to end, told round about: by what the sender would rather, is done with, or tells us to do elsewhere.
//!
//! Tried after [`super::STOP_BROAD`], with the same means.

use super::{Rule, doubtful, sure};

/// Wishes told round about.
pub const STOP_WIDER: &[Rule] = &[
    sure(
        "would-rather-not",
        &[
            "rathernot|not|never|nolonger|dont|wont WISH? to? hear from|of ~if|until|unless|OTHER",
            "good|fine|straight|set|okay|ok|better without|wo|on *2 TEXTS|texting|TEXT ~OTHER",
            "better off without *2 you|TEXTS|texting|DEM",
        ],
    ),
    sure(
        "left-in-peace",
        &[
            "leave|leaving|let *4 in|at peace ~OTHER",
            "leave|leaving *4 alone|be $ ~OTHER",
            "hasta cuando *1 van|va|vas|piensan|piensa|seguiran|siguen|sigue *2 ESINF|ESGER ~OTHER",
        ],
    ),
    sure("not-known-here", &["dont|doesnt|not|never know|met|seen no|any|this|that|nobody *2 NAME $ ~OTHER"]),
    doubtful(
        "by-another-way",
        &[
            "everything|all|anything|stuff|it *1 by|via|through|in|to *1 mail|letter|post|email|writing *2 now|future|forward|hereafter",
            "^, not *1 to|on|at|via|thru|through my|this|the PHONE",
        ],
    ),
];
