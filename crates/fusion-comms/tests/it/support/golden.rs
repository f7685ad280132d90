//! Texts that are kept in the repository and held against what the program says.

use std::path::PathBuf;

/// Compares with the file, whose path is from this crate's folder; with `UPDATE_GOLDEN=1` writes it instead.
///
/// # Panics
/// Where they differ, naming the first line that does.
pub fn same(path: &str, said: &str) {
    if let Some(difference) = difference(path, said) {
        panic!("{difference}");
    }
}

/// The same; the first line that differs instead of a panic.
pub fn difference(path: &str, said: &str) -> Option<String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder can be made");
        std::fs::write(&file, said).expect("the file is written");
        return None;
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    if kept == said {
        return None;
    }
    let (at, kept, said) = first_difference(&kept, said);
    Some(format!(
        "{path}:{at} is not what the program says (UPDATE_GOLDEN=1 writes it anew)\nkept: {kept}\nsaid: {said}"
    ))
}

fn first_difference(kept: &str, said: &str) -> (usize, String, String) {
    let (mut kept, mut said) = (kept.lines(), said.lines());
    for at in 1.. {
        match (kept.next(), said.next()) {
            (a, b) if a != b => {
                return (at, a.unwrap_or("(end)").to_owned(), b.unwrap_or("(end)").to_owned());
            }
            (None, None) => break,
            _ => {}
        }
    }
    (0, String::new(), "the line ends differ".to_owned())
}
