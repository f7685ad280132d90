//! Reads the store's source for the places that make a statement, and says which did not run.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use fusion_comms::store::coverage;

const ENGINES: [&str; 2] = ["postgres", "sqlite"];

/// A place that makes a statement, and the engines that it is written for.
#[derive(Debug, PartialEq)]
struct Site {
    line: u32,
    engines: Vec<&'static str>,
}

/// Fails with every place in `src/store` whose statement did not run on each engine it is written for.
pub fn assert_that_every_statement_ran() {
    let seen: BTreeSet<_> = coverage::seen().into_iter().collect();
    let mut missing = String::new();
    let mut sites = 0;
    for (file, source) in sources() {
        for site in sites_of(&source) {
            sites += 1;
            for engine in site.engines {
                if !seen.contains(&(file.clone(), site.line, engine)) {
                    writeln!(missing, "  src/store/{file}:{} did not run on {engine}", site.line).unwrap();
                }
            }
        }
    }
    assert!(sites > 80, "only {sites} statements found: the reading of the source is broken");
    assert!(missing.is_empty(), "statements without a test:\n{missing}");
}

fn sources() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    let rust = files.filter(|f| f.extension().is_some_and(|e| e == "rs"));
    rust.map(|f| {
        (f.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&f).unwrap())
    })
    .collect()
}

/// Every `<handle>.sql(` of a file. A handle made for one engine (under `dialect() == Dialect::X {`, after
/// `if … == Dialect::Y { return …`, right behind `Dialect::X =>`) counts for that engine, any other for both.
fn sites_of(source: &str) -> Vec<Site> {
    let code = without_strings_and_comments(source);
    let mut blocks: Vec<Option<&'static str>> = vec![];
    let (mut sites, mut line, mut since) = (vec![], 1, 0);
    for (i, c) in code.char_indices() {
        let here = &code[since..i];
        match c {
            '\n' => line += 1,
            '{' => {
                let inherited = blocks.last().copied().flatten();
                blocks.push(only(here, "== Dialect::").or_else(|| arm(here)).or(inherited));
                since = i + 1;
            }
            '}' => {
                let closed = blocks.pop().flatten();
                let leaves = returns(&code[..i]);
                if let (Some(engine), true, Some(outer)) = (closed, leaves, blocks.last_mut()) {
                    *outer = outer.or(ENGINES.into_iter().find(|e| *e != engine));
                }
                since = i + 1;
            }
            ';' => since = i + 1,
            '.' if code[i..].starts_with(".sql(") && !here.trim_end().ends_with("lane") => {
                let engine = arm(here).or(blocks.last().copied().flatten());
                sites.push(Site { line, engines: engine.map_or(ENGINES.to_vec(), |e| vec![e]) });
            }
            _ => {}
        }
    }
    sites
}

/// The engine that is named last after `mark`.
fn only(text: &str, mark: &str) -> Option<&'static str> {
    let name = &text[text.rfind(mark)? + mark.len()..];
    if name.starts_with("Postgres") { Some("postgres") } else { Some("sqlite") }
}

/// The engine whose arm of a `match` the text leads into.
fn arm(text: &str) -> Option<&'static str> {
    let pattern = text[..text.rfind("=>")?].trim_end();
    [("Dialect::Postgres", "postgres"), ("Dialect::Sqlite", "sqlite")]
        .into_iter()
        .find_map(|(name, engine)| pattern.ends_with(name).then_some(engine))
}

/// Does the innermost block that ends here begin with `return`?
fn returns(before: &str) -> bool {
    before.rfind('{').is_some_and(|open| before[open + 1..].trim_start().starts_with("return"))
}

/// The same text, line for line, with the insides of strings and comments blanked.
fn without_strings_and_comments(source: &str) -> String {
    let (mut out, mut rest) = (String::new(), source);
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => string_length(rest),
            '\'' if rest.starts_with("'\"'") || rest.starts_with("'{'") || rest.starts_with("'}'") => 3,
            _ => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        out.extend(rest[..taken].chars().map(|c| if c == '\n' { '\n' } else { '_' }));
        rest = &rest[taken..];
    }
    out
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return i + 1,
            _ => escaped = false,
        }
    }
    rest.len()
}

#[test]
fn the_places_and_their_engines_are_read_from_the_source() {
    let source = r#"
        fn both(tx: &mut Tx) {
            let q = tx.sql("SELECT { ;");  // tx.sql(
            let q = db
                .sql(match db.dialect() {
                    Dialect::Postgres => { "A" }
                    Dialect::Sqlite => "B",
                });
            let q = tx.sql(lane.sql("C"));
        }
        fn one_each(tx: &mut Tx) {
            match tx.dialect() {
                Dialect::Postgres => tx.sql("D"),
                Dialect::Sqlite => tx.sql("E"),
            };
            if tx.dialect() == Dialect::Postgres {
                for x in y { tx.sql("F"); }
            }
            tx.sql("G");
        }
        fn early(tx: &mut Tx) {
            if tx.dialect() == Dialect::Sqlite { return Ok(()); }
            tx.sql("H");
        }
        fn after(tx: &mut Tx) { tx.sql("I"); }
    "#;
    let found: Vec<_> = sites_of(source).into_iter().map(|s| (s.line, s.engines.join(" "))).collect();
    let both = "postgres sqlite";
    let expected = [
        (3, both),
        (5, both),
        (9, both),
        (13, "postgres"),
        (14, "sqlite"),
        (17, "postgres"),
        (19, both),
        (23, "postgres"),
        (25, both),
    ];
    assert_eq!(found, expected.map(|(line, engines)| (line, engines.to_owned())));
}
