//! Objects by key (fax originals, prompts): a bucket of S3, or a directory that keeps what it has acknowledged.

pub mod probe;
pub mod s3;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::{
    Attribute, Attributes, GetOptions, ObjectStore, ObjectStoreExt, PutOptions, path::Path as Key,
};

/// A store of objects. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    place: Place,
}

/// Where objects lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A bucket of that name.
    Bucket(String),
    /// A folder that stands for a bucket.
    Folder(PathBuf),
}

/// How an object is to be served by whoever serves the bucket itself. A folder keeps no such thing.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    pub content_type: &'static str,
    pub cache_control: &'static str,
}

/// What has become of an object since it was last read.
#[derive(Debug, PartialEq, Eq)]
pub enum Since {
    Same,
    Gone,
    /// There is another, or the first. The tag names its bytes.
    New {
        tag: Option<String>,
        object: Bytes,
    },
    /// There is another, too large to be read.
    TooLarge {
        tag: Option<String>,
    },
}

/// What can go wrong with an object. Holds no key: keys name faxes.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("no such object")]
    NotFound,
    #[error(
        "an object key is parts of letters, digits and `-_.=:+@`, joined by single slashes, none of them `.` or `..`"
    )]
    BadKey,
    #[error("the bucket does not exist")]
    NoBucket,
    #[error("the bucket refuses these credentials, or there are none")]
    Refused,
    #[error("the bucket cannot be reached, or has a fault")]
    Unreachable,
    #[error("the object store cannot be set up")]
    Setup(#[source] object_store::Error),
    #[error("the folder of objects cannot be used")]
    Folder(#[source] std::io::Error),
}

impl Blobs {
    /// Objects as files below `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// If the directory can be neither made nor opened.
    pub fn open_dir(dir: impl AsRef<Path>) -> Result<Self, BlobError> {
        std::fs::create_dir_all(dir.as_ref()).map_err(BlobError::Folder)?;
        // With fsync a put returns once file and directories are on the disk; without, a power cut takes a stored fax back.
        let store =
            LocalFileSystem::new_with_prefix(dir.as_ref()).map_err(BlobError::Setup)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), place: Place::Folder(dir.as_ref().to_owned()) })
    }

    /// Objects in the bucket of that name, or without one in the folder `stand_in` below `data_dir`.
    ///
    /// # Errors
    /// [`BlobError::Setup`], [`BlobError::Folder`]. A bucket is not asked.
    pub fn open(
        bucket: Option<&str>,
        endpoint: Option<&str>,
        data_dir: &Path,
        stand_in: &str,
    ) -> Result<Self, BlobError> {
        match bucket {
            Some(bucket) => s3::open(bucket, endpoint),
            None => Self::open_dir(data_dir.join("blobs").join(stand_in)),
        }
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Stores an object whole or not at all, durably; one that is there is replaced.
    ///
    /// # Errors
    /// [`BlobError::BadKey`], or what the store says.
    pub async fn put(&self, key: &str, object: Bytes) -> Result<(), BlobError> {
        let stored = self.store.put(&checked(key)?, object.into()).await;
        stored.map(drop).map_err(|e| self.failed_put(e))
    }

    /// The same for an object that others serve from the bucket.
    ///
    /// # Errors
    /// As [`Blobs::put`].
    pub async fn put_served(&self, key: &str, object: Bytes, served: Served) -> Result<(), BlobError> {
        let mut options = PutOptions::default();
        if matches!(self.place, Place::Bucket(_)) {
            options.attributes = Attributes::from_iter([
                (Attribute::ContentType, served.content_type),
                (Attribute::CacheControl, served.cache_control),
            ]);
        }
        let stored = self.store.put_opts(&checked(key)?, object.into(), options).await;
        stored.map(drop).map_err(|e| self.failed_put(e))
    }

    /// # Errors
    /// [`BlobError::NotFound`], [`BlobError::BadKey`], or what the store says.
    pub async fn get(&self, key: &str) -> Result<Bytes, BlobError> {
        let found = self.store.get(&checked(key)?).await.map_err(|e| self.failed(e))?;
        found.bytes().await.map_err(|e| self.failed(e))
    }

    /// What has become of an object since it had that tag. One larger than `most` bytes is not read.
    ///
    /// # Errors
    /// [`BlobError::BadKey`], or what the store says.
    pub async fn since(&self, key: &str, tag: Option<&str>, most: usize) -> Result<Since, BlobError> {
        let options = GetOptions { if_none_match: tag.map(str::to_owned), ..GetOptions::default() };
        let found = match self.store.get_opts(&checked(key)?, options).await {
            Ok(found) => found,
            Err(object_store::Error::NotModified { .. }) => return Ok(Since::Same),
            Err(other) => match self.failed(other) {
                BlobError::NotFound => return Ok(Since::Gone),
                other => return Err(other),
            },
        };
        let tag = found.meta.e_tag.clone();
        if found.meta.size > most as u64 {
            return Ok(Since::TooLarge { tag });
        }
        let object = found.bytes().await.map_err(|e| self.failed(e))?;
        Ok(Since::New { tag, object })
    }

    /// # Errors
    /// [`BlobError::BadKey`], or what the store says.
    pub async fn exists(&self, key: &str) -> Result<bool, BlobError> {
        match self.store.head(&checked(key)?).await.map_err(|e| self.failed(e)) {
            Ok(_) => Ok(true),
            Err(BlobError::NotFound) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// The keys of all objects, sorted. One that is just being written is left out.
    ///
    /// # Errors
    /// What the store says.
    pub async fn keys(&self) -> Result<Vec<String>, BlobError> {
        let all = self.store.list(None).try_collect::<Vec<_>>().await.map_err(|e| self.failed(e))?;
        let keys = all.into_iter().map(|meta| meta.location.to_string());
        let mut keys: Vec<String> = keys.filter(|key| checked(key).is_ok()).collect();
        keys.sort();
        Ok(keys)
    }

    /// Removes an object; one that is not there is gone already.
    ///
    /// # Errors
    /// [`BlobError::BadKey`], or what the store says.
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.store.delete(&checked(key)?).await.map_err(|e| self.failed(e)) {
            Ok(()) | Err(BlobError::NotFound) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// What a put finds missing is the bucket.
    fn failed_put(&self, error: object_store::Error) -> BlobError {
        match (self.failed(error), &self.place) {
            (BlobError::NotFound, Place::Bucket(_)) => BlobError::NoBucket,
            (other, _) => other,
        }
    }

    fn failed(&self, error: object_store::Error) -> BlobError {
        match (&self.place, error) {
            (Place::Bucket(_), error) => s3::failed(&error),
            (Place::Folder(_), object_store::Error::NotFound { .. }) => BlobError::NotFound,
            // The words of the directory's errors hold the path, which names the fax; its kind does not.
            (Place::Folder(_), error) => {
                BlobError::Folder(std::io::Error::from(std::io::Error::from(error).kind()))
            }
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
