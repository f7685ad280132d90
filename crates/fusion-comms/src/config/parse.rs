//! What each kind of value must look like. The words of an error never hold the value.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::scope::Scope;
use secrecy::SecretString;
use url::{Host, Url};
use uuid::Uuid;

use super::{AppEnv, OcrEngine};

pub(super) type Parsed<T> = Result<T, String>;

fn no<T>(what: &str) -> Parsed<T> {
    Err(what.to_owned())
}

pub(super) fn app_env(text: &str) -> Parsed<AppEnv> {
    match text {
        "dev" => Ok(AppEnv::Dev),
        "staging" => Ok(AppEnv::Staging),
        "prod" => Ok(AppEnv::Prod),
        _ => no("must be dev, staging or prod"),
    }
}

pub(super) fn address(text: &str) -> Parsed<SocketAddr> {
    text.parse().or_else(|_| no("must be an address and a port, as in 0.0.0.0:8080"))
}

pub(super) fn phone(text: &str) -> Parsed<E164> {
    E164::parse(text).map_err(|error| format!("must be a phone number in E.164 form: {error}"))
}

/// A UUID, in its usual form.
pub(super) fn uuid(text: &str) -> Parsed<String> {
    match Uuid::try_parse(text) {
        Ok(id) if !id.is_nil() => Ok(id.hyphenated().to_string()),
        _ => no("must be a UUID"),
    }
}

pub(super) fn flag(text: &str) -> Parsed<bool> {
    match text {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => no("must be 1 or 0"),
    }
}

pub(super) fn scope(text: &str) -> Parsed<Scope> {
    Scope::parse(text).map_err(str::to_owned)
}

pub(super) fn tolerance_s(text: &str) -> Parsed<u32> {
    match text.parse() {
        Ok(seconds) if (1..=3600).contains(&seconds) => Ok(seconds),
        _ => no("must be a whole number of seconds from 1 to 3600"),
    }
}

/// A key or token that goes into a header: visible ASCII, no blanks.
pub(super) fn secret(text: &str) -> Parsed<SecretString> {
    if text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(SecretString::from(text))
    } else {
        no("must be of letters, digits and signs, without blanks or line breaks")
    }
}

/// A secret of which nobody can try all values.
pub(super) fn long_secret(least: usize) -> impl FnOnce(&str) -> Parsed<SecretString> {
    move |text| match text.len() {
        length if length < least => Err(format!("must have {least} characters or more")),
        _ => secret(text),
    }
}

pub(super) fn stripe_key(text: &str) -> Parsed<SecretString> {
    if !text.starts_with("sk_") && !text.starts_with("rk_") {
        return no("must be a secret key (sk_…) or a restricted key (rk_…)");
    }
    secret(text)
}

pub(super) fn bucket(text: &str) -> Parsed<String> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
    if (3..=63).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        no("must be the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens")
    }
}

/// The id of a CloudFront distribution.
pub(super) fn distribution(text: &str) -> Parsed<String> {
    if (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Ok(text.to_owned())
    } else {
        no("must be the id of a distribution, letters and digits, as in E2EXAMPLE123")
    }
}

/// The name of a language model, as in `org/model-7b:latest`.
pub(super) fn model_name(text: &str) -> Parsed<String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-:/@".contains(&b);
    if (1..=200).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        no("must be the name of a model: letters, digits and ._-:/@")
    }
}

/// What reads the pages of faxes that have no text layer.
pub(super) fn ocr(text: &str) -> Parsed<OcrEngine> {
    match text {
        "off" => Ok(OcrEngine::Off),
        "tesseract" => Ok(OcrEngine::Tesseract),
        "textract" => Ok(OcrEngine::Textract),
        _ => no("must be off, tesseract or textract"),
    }
}

/// How long an answer is waited for.
pub(super) fn patience(text: &str) -> Parsed<Duration> {
    match text.parse() {
        Ok(seconds) if (1..=300).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => no("must be a whole number of seconds from 1 to 300"),
    }
}

/// The base of other addresses: https, or http to a loopback host. Given back without a trailing slash.
pub(super) fn base_url(text: &str) -> Parsed<String> {
    let url = checked_url(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return no("must have no query and no fragment");
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// The same, and a trailing slash is refused.
pub(super) fn base_url_without_slash(text: &str) -> Parsed<String> {
    if text.ends_with('/') {
        return no("must have no trailing slash");
    }
    base_url(text)
}

/// An address of its own.
fn full_url(text: &str) -> Parsed<String> {
    checked_url(text).map(|_| text.to_owned())
}

/// The URL of a standard queue of SQS.
pub(super) fn queue_url(text: &str) -> Parsed<String> {
    match text.ends_with(".fifo") {
        true => no("is a FIFO queue, where one bad message holds up the rest; a standard queue is needed"),
        false => full_url(text),
    }
}

fn checked_url(text: &str) -> Parsed<Url> {
    let Ok(url) = Url::parse(text) else {
        return no("must be an address that starts with https://");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return no("must hold no user name and no password");
    }
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(host)) if is_loopback(&host) => Ok(url),
        ("http", Some(_)) => no("must be https; plain http is taken only to a loopback host"),
        _ => no("must be an address that starts with https://"),
    }
}

/// Whether a host is this machine: `localhost`, `127.0.0.0/8`, `::1`.
pub(crate) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => is_loopback_name(name),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

/// The same for a host in words or numbers.
pub(super) fn is_loopback_name(name: &str) -> bool {
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A comma list of `host[:port][/prefix]`.
pub(super) fn media_hosts(text: &str) -> Parsed<String> {
    if text.split(',').all(|entry| is_media_host(entry.trim())) {
        Ok(text.to_owned())
    } else {
        no("must be a comma list of host[:port][/prefix], without scheme, user or query")
    }
}

fn is_media_host(entry: &str) -> bool {
    if entry.contains("://") || entry.bytes().any(|b| !b.is_ascii_graphic() || b"@?#\\*".contains(&b)) {
        return false;
    }
    let authority = entry.split('/').next().unwrap_or_default();
    let same_host =
        |url: Url| url.host_str().is_some_and(|host| authority.to_ascii_lowercase().starts_with(host));
    Url::parse(&format!("https://{entry}")).is_ok_and(same_host)
}
