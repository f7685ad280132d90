//! Objects by key (fax originals): a directory that keeps what it has acknowledged.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt, path::Path as Key};

/// A store of objects. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs(Arc<dyn ObjectStore>);

/// What can go wrong with an object. Holds no key: keys name faxes.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("no such object")]
    NotFound,
    #[error(
        "an object key is parts of letters, digits and `-_.=:+@`, joined by single slashes, none of them `.` or `..`"
    )]
    BadKey,
    #[error("the object store failed")]
    Store(#[source] object_store::Error),
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => BlobError::NotFound,
            other => BlobError::Store(other),
        }
    }
}

impl Blobs {
    /// Objects as files below `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// If the directory can be neither made nor opened.
    pub fn open_dir(dir: impl AsRef<Path>) -> Result<Self, BlobError> {
        let failed = |source: std::io::Error| {
            BlobError::Store(object_store::Error::Generic { store: "directory", source: source.into() })
        };
        std::fs::create_dir_all(dir.as_ref()).map_err(failed)?;
        // With fsync a put returns once file and directories are on the disk; without, a power cut takes a stored fax back.
        let store = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
        Ok(Self(Arc::new(store)))
    }

    /// Stores an object whole or not at all, durably; one that is there is replaced.
    ///
    /// # Errors
    /// [`BlobError::BadKey`], or what the store says.
    pub async fn put(&self, key: &str, object: Bytes) -> Result<(), BlobError> {
        self.0.put(&checked(key)?, object.into()).await?;
        Ok(())
    }

    /// # Errors
    /// [`BlobError::NotFound`], [`BlobError::BadKey`], or what the store says.
    pub async fn get(&self, key: &str) -> Result<Bytes, BlobError> {
        Ok(self.0.get(&checked(key)?).await?.bytes().await?)
    }

    /// # Errors
    /// [`BlobError::BadKey`], or what the store says.
    pub async fn exists(&self, key: &str) -> Result<bool, BlobError> {
        match self.0.head(&checked(key)?).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    /// Removes an object; one that is not there is gone already.
    ///
    /// # Errors
    /// [`BlobError::BadKey`], or what the store says.
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.0.delete(&checked(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(other) => Err(other.into()),
        }
    }
}

/// Parts of keys come from providers (a fax's id), so only plain ones pass.
fn checked(key: &str) -> Result<Key, BlobError> {
    let plain = |part: &str| {
        let marks = part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.=:+@".contains(&b));
        (1..=255).contains(&part.len()) && marks && part.bytes().any(|b| b != b'.')
    };
    if key.len() > 1024 || !key.split('/').all(plain) {
        return Err(BlobError::BadKey);
    }
    Key::parse(key).map_err(|_| BlobError::BadKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "tenant/t1/fax/2026/03/03/fax-1/original.pdf";

    #[tokio::test]
    async fn an_object_is_there_after_put_and_a_second_opening_and_gone_after_delete() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open_dir(dir.path().join("made/here")).unwrap();
        assert!(!blobs.exists(KEY).await.unwrap());
        blobs.put(KEY, Bytes::from_static(b"one")).await.unwrap();
        blobs.put(KEY, Bytes::from_static(b"two")).await.unwrap();
        let again = Blobs::open_dir(dir.path().join("made/here")).unwrap();
        assert_eq!(again.get(KEY).await.unwrap(), "two");
        again.delete(KEY).await.unwrap();
        again.delete(KEY).await.unwrap();
        assert!(matches!(blobs.get(KEY).await, Err(BlobError::NotFound)));
    }

    #[tokio::test]
    async fn an_object_is_a_plain_file_at_its_key_and_no_other_file_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open_dir(dir.path()).unwrap();
        blobs.put(KEY, Bytes::from_static(b"%PDF-")).await.unwrap();
        assert_eq!(std::fs::read(dir.path().join(KEY)).unwrap(), b"%PDF-");
        let beside = dir.path().join(KEY).parent().unwrap().read_dir().unwrap().count();
        assert_eq!(beside, 1);
    }

    #[tokio::test]
    async fn a_key_that_could_leave_the_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open_dir(dir.path()).unwrap();
        for key in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            "..",
            "a/../b",
            "a/./b",
            "a/...",
            "a\\b",
            "a b",
            "a\0",
            "a/%2e%2e/b",
            "ä",
            "~/x",
            "a#1",
        ] {
            assert!(matches!(blobs.put(key, Bytes::new()).await, Err(BlobError::BadKey)), "{key:?}");
            assert!(matches!(blobs.get(key).await, Err(BlobError::BadKey)), "{key:?}");
        }
    }
}
