//! Counted things in sentences: `1 row`, `2 rows`.

/// `1 statement`, `2 statements`.
pub(crate) fn count(n: impl TryInto<u64>, one: &str) -> String {
    count_of(n, one, &format!("{one}s"))
}

/// The same where the plural is no mere `s`, as of `fax` or of what has its verb with it.
pub(crate) fn count_of(n: impl TryInto<u64>, one: &str, many: &str) -> String {
    // Nothing that is counted is less than none.
    let n = n.try_into().unwrap_or(0);
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_all_else_is_not() {
        assert_eq!((count(0_u64, "row"), count(1_i64, "row")), ("0 rows".to_owned(), "1 row".to_owned()));
        assert_eq!(count_of(2_usize, "body is", "bodies are"), "2 bodies are");
    }
}
