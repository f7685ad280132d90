//! Papers from payers: cards, decisions, statements, authorizations.

use super::{Rule, any, head};

pub(super) const CARD: &[Rule] = &[
    head("medicare health insurance", 8), head("health insurance card", 6), head("insurance card*", 6), head("ins card", 5), head("copy of card", 8), head("front back", 3),
    head("front and back", 3), head("eligibility", 6), head("eligibility benefits", 3), head("eligibility response", 4), head("benefit verification", 8), head("benefits verification", 8),
    head("verification of benefits", 8), head("verification of coverage", 8), head("coverage verification", 8), head("insurance verification", 8),
    head("eligibility verification", 4), head("verification worksheet", 4), any("rxbin", 5), any("rx bin", 5), any("rxpcn", 4), any("pcn", 3), any("rxgrp", 4), any("rx group", 3),
    any("payer id", 2), any("copay", 2), any("submit claims to", 3), any("mail claims to", 3), any("this card", 3), any("show this card", 4), any("carry this card", 4),
    any("does not guarantee coverage", 3), any("not a guarantee of payment", 4), any("entitled to", 4), any("hospital part a", 3), any("medical part b", 2),
    any("coverage starts", 3), any("coverage status", 4), any("active coverage", 4), any("deductible remaining", 3), any("health benefit plan coverage", 4),
    any("insurance card from", 3), any("ins card from", 3), any("copy of ins card", 3), any("271", 2), any("270", 1), any("group", 1), any("member id", 1), any("group name", 1),
    any("eligible", 1), any("plan type", 1), any("policy holder", 1), any("effective date", 1), any("er", 1), any("ov", 1), any("customer service", 1), any("ppo", 1), any("hmo", 1),
    any("denied", -5), any("appeal", -2), any("dear", -4), any("billed", -4), any("guarantor", -4), any("prior authorization request", -6), any("amount charged", -5), any("household", -6),
];

pub(super) const DENIAL: &[Rule] = &[
    head("notice of claim denial", 9), head("claim denial", 8), head("denial notice", 8), head("notice of denial of payment", 10), head("notice of denial", 5), head("denial of claim", 9),
    head("denial of payment", 8), head("adverse benefit determination", 9), head("adverse determination", 8), head("initial determination", 3), head("claim rejection", 8), head("denied claim", 7), head("claim decision", 4),
    any("claim has been denied", 6), any("claim was denied", 3), any("claim is denied", 5), any("has been denied", 4), any("been rejected", 6), any("rejected", 2), any("disallowed", 5), any("is denied", 3),
    any("are denying", 5), any("unable to approve payment", 6), any("unable to approve", 4), any("unable to pay", 5), any("cannot pay", 4), any("cannot approve", 4), any("not be paid", 5),
    any("reason for denial", 5), any("denial reason", 2), any("reason for the denial", 4), any("following reason*", 3), any("claim listed above", 3), any("above referenced claim", 3),
    any("review of the claim", 3), any("file an appeal", 1), any("first level appeal", 2), any("request an appeal", 2), any("right to appeal", 2), any("your rights", 1),
    any("you may appeal", 1), any("to contest this", 3), any("corrected claim", 2), any("do not resubmit", 3), any("not covered", 1), any("remark", 1), any("clinical rationale", 3),
    any("timely filing", 2), any("time limit for filing", 2), any("cannot be identified as our insured", 2), any("precertification absent", 1), any("does not meet", 2), any("not medically necessary", 2),
    any("explanation of benefits", -8), any("explanation of payment", -8), any("not a bill", -5), any("summary notice", -8), any("prior authorization", -6), any("pre service", -10), any("preservice", -10),
    any("no claim has been received", -10), any("your appeal", -4), any("received your", -4), any("received your appeal", -6), any("thank you for your", -5), any("redetermination", -6), any("reconsideration", -2), any("upheld", -6), any("my insurance", -10), any("utn", -8),
    any("non affirm*", -6), any("remittance", -4), any("please send", -6), any("i want to", -8), any("affirmation", -6), any("medical record request", -8),
];

pub(super) const APPEAL: &[Rule] = &[
    head("appeal decision", 9), head("redetermination notice", 8), head("redetermination decision", 9), head("redetermination", 4), head("reconsideration decision", 9), head("reconsideration notice", 8), head("notice of reconsideration", 7), head("appeal resolution", 9),
    head("appeal determination", 9), head("decision on your appeal", 10), head("acknowledgement of your appeal*", 10), head("acknowledgment of your appeal*", 10), head("acknowledgement of appeal*", 9), head("acknowledgment of appeal*", 9),
    head("notice of dismissal", 7), head("dismissal of", 5), head("provider dispute resolution", 5), head("dispute determination", 8), head("grievance resolution", 7), head("appeals grievance", 3), head("independent review", 5), head("qic", 3), head("appeal outcome", 9),
    any("received your appeal", 6), any("received your request for redetermination", 6), any("received your request for reconsideration", 6), any("received your request for an appeal", 6), any("received your dispute", 6), any("received your grievance", 5),
    any("thank you for your appeal", 6), any("second level appeal", 3), any("thank you for your second level appeal", 4), any("thank you for your first level appeal", 5), any("your appeal", 2), any("your appeal request", 3), any("upheld", 5), any("uphold", 5), any("overturn*", 5), any("unfavorable", 5), any("favorable", 3),
    any("partially favorable", 3), any("appeal is dismissed", 6), any("have dismissed", 5), any("original decision", 3), any("initial decision", 1), any("first decision", 3), any("our decision is", 4), any("appeal number", 4), any("appeal case", 3), any("appeal reference", 3), any("reference no", 1),
    any("appeals coordinator", 3), any("appeals specialist", 3), any("external review", 3), any("final internal level", 5), any("level of appeal", 2), any("qualified independent contractor", 3), any("administrative law judge", 3), any("was initially denied", 3), any("denial stands", 5), any("under review", 2), any("written resolution", 4),
    any("before your appeal can be reviewed", -12), any("no decision has been made", -10), any("we need more", -8), any("my insurance", -10), any("i want to appeal", -10), any("please send", -5), any("explanation of benefits", -8), any("not a bill", -5), any("prior authorization", -4), any("hereby assign", -8),
];

pub(super) const EOB: &[Rule] = &[
    head("explanation of benefits", 10), head("explanation of payment", 8), head("explanation of reimbursement", 10), head("explanation of review", 9), head("explanation of bill review", 10), head("explanation of medical benefits", 10), head("eob", 4), head("medicare summary notice", 10), head("summary notice", 3), head("not a bill", 5),
    head("benefit statement", 6), any("total plan payment", 4), any("plan paid", 3), any("patient responsibility", 3), any("your responsibility", 3), any("you may owe", 3), any("patient may owe", 4), any("amount you owe", 3), any("allowed", 2), any("not covered", 1), any("coinsurance", 1), any("deductible", 1), any("billed", 1), any("charge", 1), any("amount charged", 2),
    any("maximum you may be billed", 5), any("medicare approved", 3), any("medicare paid", 3), any("claims processed", 2), any("check", 1), any("units", 1), any("fee schedule", 1), any("total paid", 3), any("amount paid", 2), any("service provided", 2), any("remark", 1), any("reduction", 1), any("recommended allowance", 4), any("provider charges", 2),
    any("claims in this payment", -10), any("payee", -5), any("remittance", -8), any("number of claims", -6), any("eft trace", -5), any("perf prov", -8), any("dear", -3), any("invoice", -6), any("appeal decision", -8), any("eligibility", -5), any("deductible remaining", -4),
];

pub(super) const REMITTANCE: &[Rule] = &[
    head("remittance advice", 12), head("remittance statement", 11), head("remittance voucher", 11), head("provider remittance", 6), head("remittance", 5), head("provider voucher", 10), head("payment voucher", 9), head("provider payment", 6), head("payment summary", 5), head("835", 5), head("era", 3), head("electronic remittance", 5), head("provider explanation of payment", 8),
    any("claims in this payment", 7), any("number of claims", 6), any("total claims", 4), any("eft trace", 5), any("check eft", 5), any("payee", 4), any("payment amount", 2), any("perf prov", 5), any("claim total", 3), any("claim totals", 3), any("grp rc amt", 4), any("prov pd", 4), any("pt resp", 2), any("provider level adj*", 4), any("plb", 3), any("npi", 1),
    any("provider paid", 2), any("adj", 1), any("carc", 1), any("acnt", 2), any("hic", 1), any("icn", 1), any("asg", 2), any("moa", 2), any("serv date", 2), any("trace number", 3), any("production date", 2), any("acct no", 1), any("net", 1), any("allowed", 1), any("billed", 1),
    any("dear", -4), any("request", -3), any("new remittance advice", -8), any("summary notice", -8), any("appeal decision", -8),
];

pub(super) const AUTH: &[Rule] = &[
    head("prior authorization", 9), head("preauthorization", 9), head("pre authorization", 9), head("precertification", 8), head("pre certification", 8), head("authorization request", 6), head("authorization notification", 9), head("authorization approval", 8), head("authorization notice", 7), head("authorization determination", 8), head("authorization decision", 6), head("service authorization", 7), head("transport authorization", 7), head("transportation authorization", 7), head("notice of authorization", 8), head("referral authorization", 6), head("organization determination", 4), head("notice of approval", 5),
    head("utilization management", 4), head("utilization review", 4), head("medical review", 1), head("pre service", 5), head("preservice", 5), head("rsnat", 6), head("non affirmation", 4),
    any("request for prior authorization", 5), any("authorization number", 3), any("auth", 2), any("authorization period", 4), any("approved units", 4), any("units approved", 4), any("affirmed", 3), any("affirmation", 4), any("non affirmed", 4), any("utn", 4), any("unique tracking number", 5), any("peer to peer", 3), any("does not guarantee payment", 3), any("not a guarantee of payment", 1), any("requested date of service", 4), any("health plan use only", 4),
    any("planned date", 4), any("no claim has been received", 8), any("pended", 3), any("expedited", 2), any("standard", 1), any("requesting provider", 3), any("servicing provider", 3), any("valid from", 2), any("requested by", 1), any("one way trips", 2), any("request is denied", 3), any("request is approved", 5), any("has been approved", 3), any("have approved", 3), any("number of trips", 2), any("repetitive scheduled", 3), any("resubmit", 2),
    any("billing authorization", -8), any("hipaa", -6), any("release of", -4), any("to disclose", -6), any("precertification absent", -6), any("my insurance", -8), any("not a bill", -6), any("claim denial", -6), any("assignment of benefits", -6), any("subpoena", -8), any("electronic funds", -8), any("rxbin", -5), any("eligibility benefits", -4), any("guarantor", -4), any("attorneys", -5),
];
