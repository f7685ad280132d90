//! The simulators' signing keys, made once per `DATA_DIR` and kept in `simulator.key`.
//!
//! Never a constant: whoever has read the source must not be able to sign for anybody's development service.
//!
//! Invariant: the file, once there under its name, is whole. Two processes that start at once use the same key.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};

/// What the simulators sign webhooks with, and what a development service checks them with.
#[derive(Clone)]
pub struct SimKeys {
    /// Signs as Telnyx.
    pub signing: SigningKey,
    /// Signs as Stripe: `whsec_…`.
    pub stripe_webhook_secret: String,
}

impl SimKeys {
    /// Both keys from one seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let digest = Sha256::new().chain_update("stripe").chain_update(seed).finalize();
        Self {
            signing: SigningKey::from_bytes(&seed),
            stripe_webhook_secret: format!("whsec_{}", hex::encode(digest)),
        }
    }
}

impl fmt::Debug for SimKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimKeys([redacted])")
    }
}

/// Reads `data_dir/simulator.key`, or makes it (and the directory) on first use.
///
/// # Errors
/// The file cannot be read or made, or is not 64 hex digits.
pub fn load_or_create(data_dir: &Path) -> anyhow::Result<SimKeys> {
    let path = data_dir.join("simulator.key");
    if !path.exists() {
        fs::create_dir_all(data_dir).with_context(|| format!("cannot create `{}`", data_dir.display()))?;
        create(data_dir, &path).with_context(|| format!("cannot create `{}`", path.display()))?;
    }
    load(&path)
}

/// Whether keys have been made in this folder.
pub fn exist(data_dir: &Path) -> bool {
    data_dir.join("simulator.key").exists()
}

/// Writes a new seed under a name of its own and links it to the real name, which fails if another process was
/// first: then that process's key stands.
fn create(data_dir: &Path, path: &Path) -> io::Result<()> {
    let draft = Draft(data_dir.join(format!(".simulator.key.{:032x}", rand::random::<u128>())));
    let seed: [u8; 32] = rand::random();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft.0)?;
    file.write_all(format!("{}\n", hex::encode(seed)).as_bytes())?;
    file.sync_all()?;
    match fs::hard_link(&draft.0, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A file that is taken away however the function ends.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Reads a key file that is there already.
///
/// # Errors
/// The file cannot be read, or is not 64 hex digits.
pub fn load(path: &Path) -> anyhow::Result<SimKeys> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut seed = [0; 32];
    if hex::decode_to_slice(text.trim(), &mut seed).is_err() {
        bail!(
            "`{}` is not a simulator key (64 hex digits); delete it, and a new one is made",
            path.display()
        );
    }
    Ok(SimKeys::from_seed(seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_may_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("a/b");
        let first = load_or_create(&data_dir).unwrap();
        let second = load_or_create(&data_dir).unwrap();
        assert_eq!(first.signing.to_bytes(), second.signing.to_bytes());
        assert_eq!(first.stripe_webhook_secret, second.stripe_webhook_secret);
        let mode = fs::metadata(data_dir.join("simulator.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&data_dir).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn every_data_dir_has_a_key_of_its_own() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (a, b) = (load_or_create(a.path()).unwrap(), load_or_create(b.path()).unwrap());
        assert_ne!(a.signing.to_bytes(), b.signing.to_bytes());
        assert_ne!(a.stripe_webhook_secret, b.stripe_webhook_secret);
    }

    #[test]
    fn many_that_start_at_once_get_the_same_key() {
        let dir = tempfile::tempdir().unwrap();
        let barrier = std::sync::Barrier::new(16);
        let keys: Vec<_> = std::thread::scope(|scope| {
            let start = || {
                barrier.wait();
                load_or_create(dir.path()).unwrap().signing.to_bytes()
            };
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_named_and_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("simulator.key"), "short").unwrap();
        let error = load_or_create(dir.path()).unwrap_err().to_string();
        assert!(error.contains("simulator.key") && !error.contains("short"), "{error}");
        assert_eq!(fs::read_to_string(dir.path().join("simulator.key")).unwrap(), "short");
    }

    #[test]
    fn the_stripe_secret_follows_from_the_seed_and_debug_hides_both() {
        let keys = SimKeys::from_seed([7; 32]);
        let mut input = b"stripe".to_vec();
        input.extend_from_slice(&[7; 32]);
        assert_eq!(keys.stripe_webhook_secret, format!("whsec_{}", hex::encode(Sha256::digest(input))));
        assert_eq!(format!("{keys:?}"), "SimKeys([redacted])");
    }
}
