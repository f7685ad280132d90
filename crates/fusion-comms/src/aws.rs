//! What the clients of AWS share.

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

/// Why a request failed: the service's code, or our words. An error of the SDK holds addresses and request ids; this
/// says enough.
pub(crate) fn why<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let why = match error {
        SdkError::ServiceError(answer) => answer.err().code().unwrap_or("an error without a code"),
        SdkError::TimeoutError(_) => "out of time",
        SdkError::DispatchFailure(f) if f.is_user() || f.is_other() => {
            "no credentials or no region, or the request cannot be made"
        }
        SdkError::DispatchFailure(_) => "cannot be reached",
        SdkError::ConstructionFailure(_) => "no credentials or no region, or the request cannot be made",
        _ => "an answer that is not understood",
    };
    why.to_owned()
}
