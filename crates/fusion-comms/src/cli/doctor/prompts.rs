//! Every prompt, fetched as Telnyx would and held against the format; those that are wrong in the same way are told
//! together.

use fusion_comms_core::ivr::Prompt;
use futures::future::join_all;

use super::super::prompts::fetch::{self, Reach};
use super::place::Place;
use super::report::{Level, Line};
use crate::config::AppEnv;
use crate::prompts::check::{Finding, recording, worst};

pub(super) async fn check(place: &Place) -> Vec<Line> {
    let Some(base) = &place.config.audio else { return vec![] };
    let reach = if place.config.app_env == AppEnv::Dev { Reach::Anywhere } else { Reach::PublicOnly };
    let tried = format!("fetched {base}/<prompt>.wav for all {} prompts, as Telnyx does", Prompt::ALL.len());
    let http = match fetch::client() {
        Ok(http) => http,
        Err(e) => return vec![Line::fail("prompts", tried, format!("no HTTP client: {e}"))],
    };
    let all = join_all(Prompt::ALL.map(|prompt| findings(&http, base, prompt, reach))).await;
    vec![judged(tried, &all)]
}

async fn findings(
    http: &reqwest::Client,
    base: &str,
    prompt: Prompt,
    reach: Reach,
) -> (&'static str, Vec<Finding>) {
    let found = match fetch::fetch(http, &prompt.url(base), reach).await {
        Err(finding) => vec![finding],
        Ok(fetched) => [fetched.findings, recording(prompt, &fetched.file).findings].concat(),
    };
    (prompt.name(), found)
}

fn judged(tried: String, all: &[(&'static str, Vec<Finding>)]) -> Line {
    let level = all.iter().map(|(_, found)| worst(found)).max().unwrap_or(Level::Ok);
    if level == Level::Ok {
        return Line::ok("prompts", tried, format!("all {} prompts can be played", all.len()));
    }
    let count = all.iter().filter(|(_, found)| worst(found) == level).count();
    let mut kinds: Vec<(&Finding, Vec<&str>)> = Vec::new();
    for (name, finding) in all.iter().flat_map(|(name, found)| found.iter().map(move |f| (*name, f))) {
        if finding.level < level {
            continue;
        }
        match kinds.iter_mut().find(|(known, _)| known.what == finding.what) {
            Some((_, names)) => names.push(name),
            None => kinds.push((finding, vec![name])),
        }
    }
    let words: Vec<String> =
        kinds.iter().map(|(f, names)| format!("{} ({})", f.what, names.join(", "))).collect();
    let verb =
        if level == Level::Fail { "cannot be played as they are" } else { "are not as they should be" };
    let found = format!("{count} of {} prompts {verb}: {}", all.len(), words.join("; "));
    let next = kinds.first().map_or("", |(f, _)| f.next);
    Line::judged(level, "prompts", tried, found).then(
        "a caller hears the words spoken by Telnyx instead, late, or hears them badly",
        format!("{next}; `fusion-comms prompts check` tells each"),
        "§5",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_that_fail_alike_are_told_together_and_warnings_beside_a_failure_are_not() {
        let missing = || vec![Finding::fail("HTTP 404", "upload it")];
        let line = judged(
            String::new(),
            &[
                ("menu", missing()),
                ("goodbye", missing()),
                ("transfer", vec![Finding::warn("it is quiet", "record it")]),
            ],
        );
        assert_eq!(line.result, Level::Fail);
        assert_eq!(line.found, "2 of 3 prompts cannot be played as they are: HTTP 404 (menu, goodbye)");
        assert!(line.next.starts_with("upload it;"));
        assert_eq!(judged(String::new(), &[("menu", vec![])]).result, Level::Ok);
    }
}
