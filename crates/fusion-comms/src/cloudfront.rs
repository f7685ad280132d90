//! Tells a CloudFront distribution that objects have changed: one request, signed as AWS wants it.
//!
//! One call of one API does not make up for an SDK; the signature is `object_store`'s, the credentials are the
//! bucket's.

use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request};
use object_store::aws::AwsAuthorizer;
use object_store::client::{HttpRequest, HttpRequestBody};
use url::Url;

use crate::blobs::s3;
use crate::provider::{self, NoAnswer};

/// CloudFront is one service for all regions, and signed for in this one.
const REGION: &str = "us-east-1";
const ADDRESS: &str = "https://cloudfront.amazonaws.com";
const VERSION: &str = "2020-05-31";
const BUDGET: Duration = Duration::from_secs(20);

/// Why the distribution was not told. Holds no key and no address.
#[derive(Debug, thiserror::Error)]
pub enum CloudFrontError {
    #[error("no AWS credentials could be had")]
    Credentials,
    #[error("the request cannot be made or signed")]
    Request,
    #[error("CloudFront cannot be reached, or did not answer in time")]
    NoAnswer,
    #[error("CloudFront refused it: HTTP {status}, {code}")]
    Refused { status: u16, code: String },
}

/// Invalidates paths as the distribution's visitors ask for them, `*` at the end for all that begins so; the
/// invalidation's id. The same `reference` twice is one invalidation.
///
/// # Errors
/// [`CloudFrontError`].
pub async fn invalidate(
    distribution: &str,
    paths: &[String],
    reference: &str,
    endpoint: Option<&str>,
) -> Result<String, CloudFrontError> {
    let base = endpoint.unwrap_or(ADDRESS);
    let url = Url::parse(&format!("{base}/{VERSION}/distribution/{distribution}/invalidation"))
        .map_err(|_| CloudFrontError::Request)?;
    let body = batch(paths, reference);
    let headers = signed(&url, &body, endpoint).await?;
    let client = provider::client(&url).map_err(|_| CloudFrontError::Request)?;
    let request = client.post(url).headers(headers).body(body);
    let answer = provider::exchange(request, BUDGET).await.map_err(|why| match why {
        NoAnswer::NotBuilt => CloudFrontError::Request,
        NoAnswer::NotSent | NoAnswer::MaybeSent => CloudFrontError::NoAnswer,
    })?;
    let text = answer.text();
    if !answer.is_success() {
        let code = element(&text, "Code").filter(|c| c.bytes().all(|b| b.is_ascii_alphanumeric()));
        return Err(CloudFrontError::Refused {
            status: answer.status,
            code: code.unwrap_or("without a reason").to_owned(),
        });
    }
    Ok(element(&text, "Id").unwrap_or("without an id").to_owned())
}

async fn signed(url: &Url, body: &str, endpoint: Option<&str>) -> Result<HeaderMap, CloudFrontError> {
    // The bucket is not asked; its client knows where credentials are.
    let client = s3::client("credentials", endpoint).map_err(|_| CloudFrontError::Credentials)?;
    let credential = client.credentials().get_credential().await.map_err(|_| CloudFrontError::Credentials)?;
    let mut request: HttpRequest = Request::post(url.as_str())
        .header(CONTENT_TYPE, "text/xml")
        .body(HttpRequestBody::from(body.to_owned()))
        .map_err(|_| CloudFrontError::Request)?;
    AwsAuthorizer::new(&credential, "cloudfront", REGION)
        .try_authorize(&mut request, None)
        .map_err(|_| CloudFrontError::Request)?;
    Ok(std::mem::take(request.headers_mut()))
}

fn batch(paths: &[String], reference: &str) -> String {
    let items: String = paths.iter().map(|path| format!("<Path>{}</Path>", escaped(path))).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/{VERSION}/\">\
         <CallerReference>{}</CallerReference><Paths><Items>{items}</Items><Quantity>{}</Quantity></Paths>\
         </InvalidationBatch>",
        escaped(reference),
        paths.len()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text of the first element of that name that holds no other.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    (!text.contains('<') && text.len() <= 128).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_names_each_path_and_their_number() {
        let xml = batch(&["/ivr/*".to_owned(), "/a&b/menu.wav*".to_owned()], "r-1");
        assert!(xml.contains("<Path>/ivr/*</Path><Path>/a&amp;b/menu.wav*</Path>"), "{xml}");
        assert!(xml.contains("<Quantity>2</Quantity>") && xml.contains("<CallerReference>r-1<"), "{xml}");
    }

    #[test]
    fn the_words_of_an_answer_are_found() {
        let xml = "<Error><Type>Sender</Type><Code>NoSuchDistribution</Code></Error>";
        assert_eq!(element(xml, "Code"), Some("NoSuchDistribution"));
        assert_eq!(element(xml, "Id"), None);
        assert_eq!(element(xml, "Error"), None);
    }
}
