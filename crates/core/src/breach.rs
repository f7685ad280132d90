//! Which texts went out although an opt-out stood: pure, by the same rule as the gate.

use std::collections::BTreeMap;

use crate::gate::{Class, Verdict, decide};
use crate::ids::{MessageId, TenantId};
use crate::phone::E164;
use crate::time::Timestamp;

/// A second confirmation within this is one too many.
const ONE_CONFIRMATION_MS: i64 = 24 * 3600 * 1000;

/// A text that was handed over to a number with a history of opt-outs.
#[derive(Clone)]
pub struct HandedOver {
    pub id: MessageId,
    pub tenant: Option<TenantId>,
    pub from: String,
    pub to: E164,
    /// `None` where it is none that this program writes.
    pub class: Option<Class>,
    pub at: Timestamp,
    /// Receipt of the text that it answers.
    pub asked_at: Option<Timestamp>,
}

/// One change of the ledger.
#[derive(Clone)]
pub struct Change {
    pub tenant: TenantId,
    pub phone: E164,
    pub lifted: bool,
    /// The receipt of the revocation.
    pub opted_out_at: Timestamp,
    /// When it was written.
    pub at: Timestamp,
}

/// A text that should not have left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub text: MessageId,
    pub tenant: Option<TenantId>,
    pub at: Timestamp,
}

/// A text that left between a revocation's receipt and its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    pub text: MessageId,
    pub to: E164,
    pub at: Timestamp,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judged {
    pub breaches: Vec<Breach>,
    pub late: Vec<Late>,
}

/// Judges texts in the order of time by the ledger's history in the order in which it was written. An opt-out that was
/// written less than `doubt_ms` before the hand-over proves nothing: two clocks told the times.
pub fn judge(texts: &[HandedOver], history: &[Change], doubt_ms: i64) -> Judged {
    let mut judged = Judged::default();
    let mut of_person: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in history {
        of_person.entry(change.phone.expose()).or_default().push(change);
    }
    let mut confirmed: BTreeMap<(&str, &str), Timestamp> = BTreeMap::new();
    for text in texts {
        let theirs = of_person.get(text.to.expose()).map(Vec::as_slice).unwrap_or_default();
        let own: Vec<&Change> = theirs.iter().copied().filter(|c| binds(c, text)).collect();
        let known: Vec<&&Change> = own.iter().filter(|c| c.at.plus_ms(doubt_ms) <= text.at).collect();
        let stood = standing(&known);
        let breaks = match text.class {
            Some(class) => decide(class, stood, text.asked_at) == Verdict::OptedOut,
            None => stood.is_some(),
        };
        let key = (text.from.as_str(), text.to.expose());
        let again = text.class == Some(Class::StopConfirmation)
            && confirmed
                .insert(key, text.at)
                .is_some_and(|last| text.at.ms_since(last) < ONE_CONFIRMATION_MS);
        if breaks || again {
            judged.breaches.push(Breach { text: text.id.clone(), tenant: text.tenant.clone(), at: text.at });
            continue;
        }
        let is_answer =
            matches!(text.class, Some(Class::StopConfirmation | Class::Help | Class::StartConfirmation));
        let learned_later = |c: &&&Change| !c.lifted && c.at > text.at && c.opted_out_at < text.at;
        if !is_answer && stood.is_none() && own.iter().any(|c| learned_later(&c)) {
            judged.late.push(Late { text: text.id.clone(), to: text.to.clone(), at: text.at });
        }
    }
    judged
}

/// Whether the gate reads a row of this agency for that text.
fn binds(change: &Change, text: &HandedOver) -> bool {
    let Some(tenant) = &text.tenant else { return true };
    change.tenant == *tenant || change.tenant == TenantId::unassigned()
}

/// The latest opt-out that stands after these changes.
fn standing(changes: &[&&Change]) -> Option<Timestamp> {
    let mut rows: BTreeMap<&TenantId, Option<Timestamp>> = BTreeMap::new();
    for change in changes {
        rows.insert(&change.tenant, (!change.lifted).then_some(change.opted_out_at));
    }
    rows.into_values().flatten().max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_unix_s(1_000_000 + s)
    }

    fn person() -> E164 {
        E164::parse("+12025550147").unwrap()
    }

    fn text(class: Class, handed_s: i64, asked_s: Option<i64>) -> HandedOver {
        HandedOver {
            id: MessageId::new(format!("t{handed_s}")),
            tenant: Some(TenantId::new("red")),
            from: "+12025550110".to_owned(),
            to: person(),
            class: Some(class),
            at: at(handed_s),
            asked_at: asked_s.map(at),
        }
    }

    fn change(tenant: &str, lifted: bool, receipt_s: i64, written_s: i64) -> Change {
        Change {
            tenant: TenantId::new(tenant),
            phone: person(),
            lifted,
            opted_out_at: at(receipt_s),
            at: at(written_s),
        }
    }

    fn breaches(texts: &[HandedOver], history: &[Change]) -> Vec<String> {
        judge(texts, history, 2_000).breaches.iter().map(|b| b.text.to_string()).collect()
    }

    #[test]
    fn a_text_after_a_stop_is_a_breach_and_one_before_it_or_after_a_start_is_none() {
        let stop = change("red", false, 100, 101);
        let texts = [text(Class::PaymentLink, 50, None), text(Class::PaymentLink, 200, None)];
        assert_eq!(breaches(&texts, std::slice::from_ref(&stop)), ["t200"]);
        let lifted = change("red", true, 100, 150);
        assert!(breaches(&texts, &[stop.clone(), lifted]).is_empty());
        // Two clocks told the times.
        assert!(breaches(&[text(Class::PaymentLink, 102, None)], std::slice::from_ref(&stop)).is_empty());
        assert!(breaches(&texts, &[change("blue", false, 100, 101)]).is_empty());
        assert_eq!(breaches(&texts, &[change("unassigned", false, 100, 101)]), ["t200"]);
    }

    #[test]
    fn the_one_confirmation_and_the_answer_to_a_later_help_are_none() {
        let stop = [change("red", false, 100, 100)];
        assert!(breaches(&[text(Class::StopConfirmation, 110, Some(100))], &stop).is_empty());
        assert!(breaches(&[text(Class::Help, 300, Some(250))], &stop).is_empty());
        assert_eq!(breaches(&[text(Class::Help, 300, Some(90))], &stop), ["t300"]);
        assert_eq!(breaches(&[text(Class::StartConfirmation, 300, Some(290))], &stop), ["t300"]);
        let twice =
            [text(Class::StopConfirmation, 110, Some(100)), text(Class::StopConfirmation, 400, Some(390))];
        assert_eq!(breaches(&twice, &stop), ["t400"]);
        let days = [text(Class::StopConfirmation, 110, None), text(Class::StopConfirmation, 90_000, None)];
        assert!(breaches(&days, &stop).is_empty());
    }

    #[test]
    fn a_neutral_text_is_bound_by_any_agency_and_an_unknown_class_by_every_opt_out() {
        let stop = [change("blue", false, 100, 100)];
        let neutral = HandedOver { tenant: None, ..text(Class::PaymentLink, 200, None) };
        assert_eq!(breaches(&[neutral], &stop), ["t200"]);
        let other = HandedOver { class: None, ..text(Class::Help, 200, Some(190)) };
        assert_eq!(breaches(&[other], &[change("red", false, 100, 100)]), ["t200"]);
    }

    #[test]
    fn a_text_that_left_before_the_revocation_was_recorded_is_late_and_no_breach() {
        let read_by_a_person = [change("red", false, 100, 5_000)];
        let judged = judge(&[text(Class::PaymentLink, 200, None)], &read_by_a_person, 2_000);
        let late = Late { text: MessageId::new("t200"), to: person(), at: at(200) };
        assert_eq!(judged, Judged { breaches: vec![], late: vec![late] });
        let judged = judge(&[text(Class::PaymentLink, 50, None)], &read_by_a_person, 2_000);
        assert_eq!(judged, Judged::default());
    }
}
