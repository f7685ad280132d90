//! Reads a request body within a size and a time.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyReadError {
    #[error("the body is larger than is taken here")]
    TooLarge,
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the body broke off or its framing is wrong")]
    Broken,
}

/// The whole body, of at most `max_bytes`, if it arrives within `deadline` from now.
///
/// # Errors
/// A body that announces more than `max_bytes` is refused before any of it is read.
pub async fn read_body(body: Body, max_bytes: usize, deadline: Duration) -> Result<Bytes, BodyReadError> {
    let announced = hyper::body::Body::size_hint(&body).lower();
    if announced > max_bytes as u64 {
        return Err(BodyReadError::TooLarge);
    }
    tokio::time::timeout(deadline, collect(body, max_bytes)).await.unwrap_or(Err(BodyReadError::TooSlow))
}

async fn collect(mut body: Body, max_bytes: usize) -> Result<Bytes, BodyReadError> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyReadError::Broken)?.into_data() else { continue };
        if first.len() + all.len() + data.len() > max_bytes {
            return Err(BodyReadError::TooLarge);
        }
        // Most webhooks come in one piece, which then is not copied.
        if first.is_empty() && all.is_empty() {
            first = data;
            continue;
        }
        all.extend_from_slice(&std::mem::take(&mut first));
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::stream;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pieces(pieces: &[&'static str]) -> Body {
        let pieces: Vec<Result<Bytes, Infallible>> =
            pieces.iter().map(|p| Ok(Bytes::from_static(p.as_bytes()))).collect();
        Body::from_stream(stream::iter(pieces))
    }

    #[tokio::test]
    async fn a_body_is_read_whole_in_however_many_pieces_it_comes() {
        for body in [pieces(&["abcdef"]), pieces(&["ab", "", "c", "def"]), pieces(&["", "abcdef"])] {
            assert_eq!(read_body(body, 6, SECOND).await.unwrap(), "abcdef");
        }
        assert_eq!(read_body(Body::empty(), 6, SECOND).await.unwrap(), "");
    }

    #[tokio::test]
    async fn one_byte_too_many_is_too_large() {
        assert_eq!(read_body(Body::from("abcdefg"), 6, SECOND).await, Err(BodyReadError::TooLarge));
        assert_eq!(read_body(pieces(&["abc", "defg"]), 6, SECOND).await, Err(BodyReadError::TooLarge));
    }

    #[tokio::test]
    async fn a_body_that_does_not_end_is_too_slow() {
        let body = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        assert_eq!(read_body(body, 6, SECOND / 20).await, Err(BodyReadError::TooSlow));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_broken() {
        let body = Body::from_stream(stream::iter([
            Ok(Bytes::from_static(b"ab")),
            Err(std::io::Error::other("gone")),
        ]));
        assert_eq!(read_body(body, 6, SECOND).await, Err(BodyReadError::Broken));
    }
}
