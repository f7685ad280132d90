//! The parameters of a create request: known names, required ones, ranges.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::answer::Refusal;
use super::form::Form;

/// What may be sent. `#` stands for an index, `*` for any word.
const KNOWN: &[&str] = &[
    "mode",
    "success_url",
    "cancel_url",
    "client_reference_id",
    "expires_at",
    "customer_email",
    "locale",
    "submit_type",
    "ui_mode",
    "metadata[*]",
    "allowed_payment_method_types[#]",
    "excluded_payment_method_types[#]",
    "phone_number_collection[enabled]",
    "line_items[#][quantity]",
    "line_items[#][price_data][currency]",
    "line_items[#][price_data][unit_amount]",
    "line_items[#][price_data][product_data][name]",
    "line_items[#][price_data][product_data][description]",
    "payment_intent_data[metadata][*]",
    "payment_intent_data[application_fee_amount]",
    "payment_intent_data[description]",
    "payment_intent_data[statement_descriptor_suffix]",
    "payment_intent_data[receipt_email]",
];

const EXPIRES_MIN_S: i64 = 30 * 60;
const EXPIRES_MAX_S: i64 = 24 * 60 * 60;
const MAX_AMOUNT: i64 = 99_999_999;
/// US cents.
const MIN_USD_AMOUNT: i64 = 50;

/// A create request that would be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CreateParams {
    /// All lines together, in the smallest unit of `currency`.
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) product_name: String,
    pub(super) success_url: String,
    pub(super) cancel_url: Option<String>,
    pub(super) client_reference_id: Option<String>,
    /// Unix seconds.
    pub(super) expires_at: i64,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) payment_metadata: BTreeMap<String, String>,
}

/// Reads a create request at `now_s`. Live mode wants https.
pub(super) fn read(form: &Form, livemode: bool, now_s: i64) -> Result<CreateParams, Refusal> {
    only_known(form)?;
    one_of(form, "mode", &["payment"], true)?;
    one_of(form, "ui_mode", &["hosted_page"], false)?;
    one_of(form, "submit_type", &["auto", "book", "donate", "pay"], false)?;
    one_of(form, "phone_number_collection[enabled]", &["true", "false"], false)?;
    let (amount, currency) = amount(form)?;
    integer_up_to(form, "payment_intent_data[application_fee_amount]", amount)?;
    Ok(CreateParams {
        amount,
        currency,
        product_name: required(form, "line_items[0][price_data][product_data][name]")?.to_owned(),
        success_url: link(form, "success_url", livemode)?.ok_or_else(|| missing("success_url"))?,
        cancel_url: link(form, "cancel_url", livemode)?,
        client_reference_id: reference(form)?,
        expires_at: expires_at(form, now_s)?,
        metadata: metadata(form, &["metadata"])?,
        payment_metadata: metadata(form, &["payment_intent_data", "metadata"])?,
    })
}

fn only_known(form: &Form) -> Result<(), Refusal> {
    for field in form.fields() {
        if KNOWN.iter().any(|pattern| matches(pattern, &field.path)) {
            continue;
        }
        let head = &field.path[0];
        let head_is_known = KNOWN.iter().any(|pattern| pattern.split('[').next() == Some(head));
        let param = if head_is_known { &field.name } else { head };
        return Err(Refusal::parameter("parameter_unknown", param, "Received an unknown parameter."));
    }
    Ok(())
}

fn matches(pattern: &str, path: &[String]) -> bool {
    let parts: Vec<_> = pattern.split('[').map(|part| part.trim_end_matches(']')).collect();
    parts.len() == path.len()
        && parts.iter().zip(path).all(|(part, given)| match *part {
            "#" => given.parse::<usize>().is_ok_and(|index| index.to_string() == *given),
            "*" => true,
            word => word == given,
        })
}

fn missing(name: &str) -> Refusal {
    Refusal::parameter("parameter_missing", name, "A required parameter is missing.")
}

fn required<'a>(form: &'a Form, name: &str) -> Result<&'a str, Refusal> {
    match form.get(name) {
        None => Err(missing(name)),
        Some("") => {
            Err(Refusal::parameter("parameter_invalid_empty", name, "This parameter must not be empty."))
        }
        Some(value) => Ok(value),
    }
}

fn one_of(form: &Form, name: &str, allowed: &[&str], must: bool) -> Result<(), Refusal> {
    match form.get(name) {
        None if must => Err(missing(name)),
        Some(value) if !allowed.contains(&value) => {
            Err(Refusal::parameter("parameter_invalid_string_enum", name, "This value is not taken here."))
        }
        _ => Ok(()),
    }
}

/// A whole number, not negative, written plainly.
fn integer(form: &Form, name: &str) -> Result<i64, Refusal> {
    let text = required(form, name)?;
    let plain = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| plain);
    number.ok_or_else(|| {
        Refusal::parameter("parameter_invalid_integer", name, "This is not a whole number from 0.")
    })
}

fn integer_up_to(form: &Form, name: &str, most: i64) -> Result<(), Refusal> {
    if form.get(name).is_some() && integer(form, name)? > most {
        return Err(Refusal::parameter(
            "parameter_invalid_integer",
            name,
            "This is more than the whole amount.",
        ));
    }
    Ok(())
}

/// The sum of the lines and their one currency.
fn amount(form: &Form) -> Result<(i64, String), Refusal> {
    let (mut total, mut currency) = (0_i64, String::new());
    for line in 0..lines(form)? {
        let name = |rest: &str| format!("line_items[{line}]{rest}");
        let quantity = integer(form, &name("[quantity]"))?;
        let unit = integer(form, &name("[price_data][unit_amount]"))?;
        required(form, &name("[price_data][product_data][name]"))?;
        let line_currency = required(form, &name("[price_data][currency]"))?;
        let code = line_currency.len() == 3 && line_currency.bytes().all(|b| b.is_ascii_lowercase());
        if !code || (line > 0 && line_currency != currency) {
            let param = name("[price_data][currency]");
            return Err(Refusal::parameter(
                "parameter_invalid_string_enum",
                param,
                "This currency is not taken here.",
            ));
        }
        if quantity == 0 {
            let param = name("[quantity]");
            return Err(Refusal::parameter(
                "parameter_invalid_integer",
                param,
                "The quantity is at least 1.",
            ));
        }
        line_currency.clone_into(&mut currency);
        total = total.saturating_add(unit.saturating_mul(quantity));
    }
    let wrong = |code, message| Err(Refusal { param: None, ..Refusal::parameter(code, "", message) });
    match total {
        ..MIN_USD_AMOUNT if currency == "usd" => {
            wrong("amount_too_small", "The total must be at least $0.50.")
        }
        ..1 => wrong("amount_too_small", "The total must be more than nothing."),
        t if t > MAX_AMOUNT => wrong("amount_too_large", "The total must be no more than 999,999.99."),
        _ => Ok((total, currency)),
    }
}

/// How many lines there are: 1 to 100, numbered from 0 without a gap.
fn lines(form: &Form) -> Result<usize, Refusal> {
    let items = form.fields().iter().filter(|f| f.path[0] == "line_items");
    let indexes: BTreeSet<usize> = items.filter_map(|f| f.path[1].parse().ok()).collect();
    if indexes.is_empty() {
        return Err(missing("line_items"));
    }
    if indexes.len() > 100 || !indexes.iter().copied().eq(0..indexes.len()) {
        return Err(Refusal::parameter(
            "parameter_invalid_integer",
            "line_items",
            "1 to 100 lines, numbered from 0.",
        ));
    }
    Ok(indexes.len())
}

fn link(form: &Form, name: &str, livemode: bool) -> Result<Option<String>, Refusal> {
    let Some(text) = form.get(name) else { return Ok(None) };
    let scheme = Url::parse(text).ok().filter(Url::has_host).map(|url| url.scheme().to_owned());
    match scheme.as_deref() {
        Some("https") => Ok(Some(text.to_owned())),
        Some("http") if !livemode => Ok(Some(text.to_owned())),
        _ => Err(Refusal::parameter("url_invalid", name, "This is not a link that a payer can be sent to.")),
    }
}

fn reference(form: &Form) -> Result<Option<String>, Refusal> {
    let name = "client_reference_id";
    if form.get(name).is_none() {
        return Ok(None);
    }
    let text = required(form, name)?;
    if text.chars().count() > 200 {
        return Err(Refusal::parameter("parameter_invalid_string_blank", name, "At most 200 characters."));
    }
    Ok(Some(text.to_owned()))
}

fn expires_at(form: &Form, now_s: i64) -> Result<i64, Refusal> {
    let name = "expires_at";
    if form.get(name).is_none() {
        return Ok(now_s + EXPIRES_MAX_S);
    }
    let at = integer(form, name)?;
    if !(now_s + EXPIRES_MIN_S..=now_s + EXPIRES_MAX_S).contains(&at) {
        return Err(Refusal::parameter(
            "parameter_invalid_integer",
            name,
            "30 minutes to 24 hours from now.",
        ));
    }
    Ok(at)
}

/// The pairs under `prefix`: at most 50, names up to 40 characters, values up to 500.
fn metadata(form: &Form, prefix: &[&str]) -> Result<BTreeMap<String, String>, Refusal> {
    let mut pairs = BTreeMap::new();
    for field in form.fields() {
        let Some((key, _)) = field.path.split_last().filter(|(_, parents)| *parents == prefix) else {
            continue;
        };
        if key.chars().count() > 40 || field.value.chars().count() > 500 || pairs.len() == 50 {
            return Err(Refusal::parameter(
                "parameter_invalid_string_blank",
                &field.name,
                "Too much metadata.",
            ));
        }
        pairs.insert(key.clone(), field.value.clone());
    }
    Ok(pairs)
}
