//! What QR and bar codes say: claims, not proof.

use serde_json::Value;

use super::roster::Case;
use super::text::PageText;

#[derive(Default)]
pub(super) struct Codes {
    /// Case ids that codes name outright.
    claims: Vec<String>,
    /// All other texts of codes, which may be an id or nothing to us.
    bare: Vec<String>,
}

impl Codes {
    pub fn new(pages: &[PageText]) -> Self {
        let mut codes = Self::default();
        pages.iter().flat_map(|p| &p.codes).for_each(|c| codes.add(c.trim()));
        codes
    }

    fn add(&mut self, code: &str) {
        if let Ok(Value::Object(fields)) = serde_json::from_str(code) {
            for (key, value) in fields {
                let text = match value {
                    Value::String(text) => text,
                    Value::Number(number) => number.to_string(),
                    _ => continue,
                };
                if matches!(key.to_ascii_lowercase().as_str(), "claim_id" | "case_id" | "claimid" | "caseid")
                {
                    self.claims.push(text);
                } else {
                    self.bare.push(text);
                }
            }
            return;
        }
        // An address may carry the claim: `https://…?claim_id=…`.
        match code.split(['?', '&']).find_map(|p| p.strip_prefix("claim_id=").or(p.strip_prefix("case_id=")))
        {
            Some(claim) => self.claims.push(claim.to_owned()),
            None => self.bare.push(code.to_owned()),
        }
    }

    /// The texts that may be ids like any printed one.
    pub fn bare(&self) -> impl Iterator<Item = String> {
        self.bare.iter().map(|b| b.trim().to_ascii_uppercase())
    }

    pub fn names(&self, case: &Case) -> bool {
        let is = |c: &String, id: &str| !id.is_empty() && c.eq_ignore_ascii_case(id);
        self.claims.iter().any(|c| {
            is(c, case.case_id.as_str())
                || [&case.case_number, &case.statement_id, &case.run_number, &case.payer_claim_number]
                    .iter()
                    .any(|id| is(c, id.trim()))
        })
    }

    /// Whether a code names a case that is none of these.
    pub fn name_another(&self, cases: &[&Case]) -> bool {
        let alone = |claim: &String| Self { claims: vec![claim.clone()], bare: Vec::new() };
        self.claims.iter().any(|claim| !cases.iter().any(|case| alone(claim).names(case)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Codes {
        Codes::new(&[PageText { codes: vec![text.into()], ..PageText::new(1, "") }])
    }

    #[test]
    fn a_code_names_a_case_outright_or_carries_an_id() {
        let mut case = Case::new("c-1".into(), "t".into());
        case.case_number = "CN-77".into();
        for code in [r#"{"claim_id": "c-1"}"#, r#"{"case_id": "CN-77"}"#, "https://x.test/a?claim_id=C-1"] {
            assert!(codes(code).names(&case), "{code}");
            assert!(!codes(code).name_another(&[&case]), "{code}");
        }
        assert!(codes(r#"{"claim_id": "c-2"}"#).name_another(&[&case]));
        assert_eq!(codes("CN-77").bare().collect::<Vec<_>>(), ["CN-77"]);
        assert!(!codes("V1234").name_another(&[&case]));
    }
}
