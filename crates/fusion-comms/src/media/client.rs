//! The client: one GET, bounded in every direction.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Response, StatusCode, redirect};

use super::addresses::all_public;
use super::{MediaError, MediaHosts};

const CONNECT: Duration = Duration::from_secs(5);
/// From the call to the last byte.
const TOTAL: Duration = Duration::from_secs(60);

/// Fetches media from the operator's hosts.
#[derive(Clone, Debug)]
pub struct MediaClient {
    hosts: MediaHosts,
    max_bytes: usize,
    total: Duration,
    http: reqwest::Client,
}

impl MediaClient {
    /// # Errors
    /// If TLS cannot be set up on this machine.
    pub fn new(hosts: MediaHosts, max_bytes: usize) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .dns_resolver(Arc::new(PublicOnly))
            .redirect(redirect::Policy::none())
            // A proxy from the environment would resolve names itself, past our check.
            .no_proxy()
            .referer(false)
            .http1_only()
            .connect_timeout(CONNECT)
            .build()?;
        Ok(Self { hosts, max_bytes, total: TOTAL, http })
    }

    /// The same with another bound on the whole fetch.
    #[must_use]
    pub fn within(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// Fetches one address of the list. No credential of ours goes along.
    ///
    /// # Errors
    /// See [`MediaError`]; none holds the address.
    pub async fn get(&self, address: &str) -> Result<Bytes, MediaError> {
        let url = self.hosts.allow(address)?;
        tokio::time::timeout(self.total, async {
            let response = self.http.get(url).send().await.map_err(|e| refused_or_retry(&e))?;
            check_status(response.status())?;
            self.body(response).await
        })
        .await
        .unwrap_or(Err(MediaError::Retry("it took too long")))
    }

    async fn body(&self, mut response: Response) -> Result<Bytes, MediaError> {
        if response.content_length().is_some_and(|n| n > self.max_bytes as u64) {
            return Err(MediaError::TooLarge);
        }
        let mut body = BytesMut::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|_| MediaError::Retry("the answer broke off"))?
        {
            if body.len() + chunk.len() > self.max_bytes {
                return Err(MediaError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

fn check_status(status: StatusCode) -> Result<(), MediaError> {
    match status.as_u16() {
        200 => Ok(()),
        401 | 403 | 404 | 410 => Err(MediaError::Expired),
        300..=399 => Err(MediaError::Forbidden("the host redirects elsewhere")),
        408 | 425 | 429 => Err(MediaError::Retry("the host asks to come later")),
        500..=599 => Err(MediaError::Retry("the host has a fault")),
        _ => Err(MediaError::Retry("the host gave an unexpected answer")),
    }
}

/// reqwest's errors hold the address, so only their class is kept.
fn refused_or_retry(error: &reqwest::Error) -> MediaError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(e) = cause {
        if e.is::<NotPublic>() {
            return MediaError::Forbidden("its host is not a public address");
        }
        cause = e.source();
    }
    if error.is_timeout() {
        MediaError::Retry("it took too long")
    } else {
        MediaError::Retry("the host cannot be reached")
    }
}

/// Resolves once; the connection goes to an address that was checked, so that a second answer cannot differ.
struct PublicOnly;

#[derive(Debug, thiserror::Error)]
#[error("the name does not lead to a public address")]
struct NotPublic;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public = all_public(found).ok_or(NotPublic)?;
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
