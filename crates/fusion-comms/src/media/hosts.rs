//! The operator's list of hosts that media may come from, and the check of an address against it.

use std::net::IpAddr;

use reqwest::Url;
use url::Host;

use super::MediaError;
use super::addresses::is_public;

/// `TELNYX_MEDIA_HOSTS`: where media may come from.
#[derive(Clone, Debug)]
pub struct MediaHosts(Vec<Place>);

#[derive(Clone, Debug)]
struct Place {
    host: Host<String>,
    /// `None`: the scheme's own port only.
    port: Option<u16>,
    /// Starts and ends with `/`, decoded.
    prefix: String,
}

/// Which rule the list breaks; never repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostsError {
    #[error("the list names no host")]
    Empty,
    #[error("entry {0} is not `host[:port][/prefix]`: a host without scheme, user, query or blanks")]
    NotAHost(usize),
    #[error("entry {0} names an address that is neither public nor loopback")]
    NotPublic(usize),
}

impl MediaHosts {
    /// Parses `s3.amazonaws.com/faxes-prod/, 127.0.0.1:8090/media/`.
    ///
    /// # Errors
    /// Names the first entry (from 1) that is wrong.
    pub fn parse(list: &str) -> Result<Self, HostsError> {
        let entries: Vec<&str> = list.split(',').map(str::trim).filter(|e| !e.is_empty()).collect();
        if entries.is_empty() {
            return Err(HostsError::Empty);
        }
        entries.iter().enumerate().map(|(i, e)| place(e, i + 1)).collect::<Result<_, _>>().map(Self)
    }

    /// Checks an address and returns it as it is to be asked.
    pub(super) fn allow(&self, address: &str) -> Result<Url, MediaError> {
        let forbid = |reason| Err(MediaError::Forbidden(reason));
        let Ok(url) = Url::parse(address) else { return forbid("it is no URL") };
        let Some(host) = url.host().map(|h| h.to_owned()) else { return forbid("it has no host") };
        if !url.username().is_empty()
            || url.password().is_some()
            || address.split(['/', '?']).nth(2).is_some_and(|a| a.contains('@'))
        {
            return forbid("it carries a user");
        }
        if url.fragment().is_some() {
            return forbid("it carries a fragment");
        }
        // Seen in the text as given: a parser has already folded `..` and the like away.
        if !is_plain_path(address) {
            return forbid("its path is not plain");
        }
        let loopback = is_loopback(&host);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return forbid("it is not https"),
        }
        let same_host: Vec<&Place> = self.0.iter().filter(|p| p.host == host && p.has_port(&url)).collect();
        if same_host.is_empty() {
            return forbid("its host is not in TELNYX_MEDIA_HOSTS");
        }
        if !same_host.iter().any(|p| decoded(url.path()).starts_with(&p.prefix)) {
            return forbid("its path is not under the prefix in TELNYX_MEDIA_HOSTS");
        }
        if literal(&host).is_some_and(|ip| !is_public(ip) && !loopback) {
            return forbid("its host is not a public address");
        }
        Ok(url)
    }
}

impl Place {
    fn has_port(&self, url: &Url) -> bool {
        match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            None => url.port().is_none(),
        }
    }
}

fn place(entry: &str, number: usize) -> Result<Place, HostsError> {
    let wrong = HostsError::NotAHost(number);
    if entry.starts_with('/')
        || entry.contains("://")
        || entry.contains(['@', '?', '#', '\\', '%'])
        || entry.contains(char::is_whitespace)
    {
        return Err(wrong);
    }
    // `https` as the scheme, so that a port of 443 is the same as none.
    let address = format!("https://{entry}");
    if !is_plain_path(&address) {
        return Err(wrong);
    }
    let url = Url::parse(&address).map_err(|_| wrong)?;
    let host = url.host().ok_or(wrong)?.to_owned();
    if literal(&host).is_some_and(|ip| !is_public(ip) && !ip.is_loopback()) {
        return Err(HostsError::NotPublic(number));
    }
    let mut prefix = url.path().to_owned();
    if !prefix.ends_with('/') {
        prefix.push('/');
    }
    Ok(Place { host, port: url.port(), prefix })
}

/// No step up, no backslash, nothing hidden by encoding that a server may read as either, no blank, no NUL.
fn is_plain_path(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or("");
    let lower = path.to_ascii_lowercase();
    let hidden = ["%2e", "%2f", "%5c", "%25", "%00", "%0a", "%0d"].iter().any(|h| lower.contains(h));
    let steps = path.split('/').skip(3).any(|part| part == "." || part == "..");
    !hidden
        && !steps
        && !address.contains('\\')
        && !address.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// Only for the comparison with the prefix; encoded steps and slashes are refused before.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&b, tail)) = rest.split_first() {
        let code = (b == b'%').then(|| tail.get(..2).and_then(|h| hex::decode(h).ok())).flatten();
        rest = if code.is_some() { &tail[2..] } else { tail };
        bytes.push(code.map_or(b, |c| c[0]));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn literal(host: &Host<String>) -> Option<IpAddr> {
    match host {
        Host::Ipv4(ip) => Some(IpAddr::V4(*ip)),
        Host::Ipv6(ip) => Some(IpAddr::V6(*ip)),
        Host::Domain(_) => None,
    }
}

/// A loopback address written as such; `localhost` is a name, and names do not count.
fn is_loopback(host: &Host<String>) -> bool {
    literal(host).is_some_and(|ip| ip.is_loopback())
}
