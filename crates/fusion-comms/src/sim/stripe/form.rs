//! A form body with bracketed names, read strictly: `line_items[0][price_data][currency]=usd`.

use super::answer::Refusal;

/// The pairs of a body, each name once, in the order sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form(Vec<Field>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// As sent, decoded.
    pub(super) name: String,
    /// `name` taken apart: `["line_items", "0", "quantity"]`.
    pub(super) path: Vec<String>,
    pub(super) value: String,
}

impl Form {
    /// Refuses what is no form, a name that is not `word[word]…`, and a name given twice.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        if !escapes_are_whole(body) {
            return Err(Refusal::request(400, None, "The request body is not a form."));
        }
        let mut fields: Vec<Field> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(body).into_owned() {
            let whole = !name.contains('\u{FFFD}') && !value.contains('\u{FFFD}');
            let Some(path) = path_of(&name).filter(|_| whole) else {
                return Err(Refusal::parameter(
                    "parameter_unknown",
                    name,
                    "This is not the name of a parameter.",
                ));
            };
            if fields.iter().any(|f| f.path == path) {
                return Err(Refusal::parameter("parameter_unknown", name, "This parameter is given twice."));
            }
            fields.push(Field { name, path, value });
        }
        Ok(Self(fields))
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.0
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|f| f.name == name).map(|f| f.value.as_str())
    }

    /// What two requests must have in common to be the same: the pairs, in any order.
    pub(super) fn fingerprint(&self) -> Vec<(String, String)> {
        let mut pairs: Vec<_> = self.0.iter().map(|f| (f.name.clone(), f.value.clone())).collect();
        pairs.sort();
        pairs
    }
}

/// Every byte is ASCII and every `%` is followed by two hex digits.
fn escapes_are_whole(body: &[u8]) -> bool {
    let hex = |at: usize| body.get(at).is_some_and(u8::is_ascii_hexdigit);
    body.is_ascii() && (0..body.len()).all(|at| body[at] != b'%' || (hex(at + 1) && hex(at + 2)))
}

fn path_of(name: &str) -> Option<Vec<String>> {
    let word = |text: &str| (!text.is_empty() && !text.contains(['[', ']'])).then(|| text.to_owned());
    let Some(open) = name.find('[') else { return Some(vec![word(name)?]) };
    let inner = name[open..].strip_prefix('[')?.strip_suffix(']')?;
    std::iter::once(&name[..open]).chain(inner.split("][")).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bracketed_names_are_taken_apart_and_values_decoded() {
        let form =
            Form::parse(b"mode=payment&line_items%5B0%5D[price_data][currency]=usd&x=a+b%26c").unwrap();
        assert_eq!(form.get("line_items[0][price_data][currency]"), Some("usd"));
        assert_eq!(form.fields()[1].path, ["line_items", "0", "price_data", "currency"]);
        assert_eq!(form.get("x"), Some("a b&c"));
        assert!(Form::parse(b"").unwrap().fields().is_empty());
    }

    #[test]
    fn malformed_names_and_bodies_are_refused() {
        for body in [
            "a[=1",
            "a]=1",
            "[a]=1",
            "a[]=1",
            "a[b]c=1",
            "a[b[c]]=1",
            "=1",
            "a=%4",
            "a=%zz",
            "a=%ff",
            "a=1&a=2",
            "a=é",
            "a[b]]=1",
        ] {
            assert!(Form::parse(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn the_order_of_pairs_does_not_matter_to_sameness() {
        let (a, b) = (Form::parse(b"a=1&b=2").unwrap(), Form::parse(b"b=2&a=1").unwrap());
        assert_eq!(a.fingerprint(), b.fingerprint());
        assert_ne!(a.fingerprint(), Form::parse(b"a=1&b=3").unwrap().fingerprint());
    }
}
