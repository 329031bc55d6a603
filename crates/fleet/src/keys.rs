//! Keys made beforehand: an RSA key takes a tenth of a second of a processor, which is a hundred times what the rest of an
//! onboarding costs a node.
//!
//! A pool is a file of private keys in PEM, one after the other, or a directory of such files. Nodes use them in turn, so
//! several nodes have one key where there are more nodes than keys: that is good enough for a load, and for nothing else.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use muster::os::atomic_file;
use muster::os::atomic_file::WriteError;
use muster::os::files::RealFiles;
use muster::os::source_file;
use muster::secret::Secret;
use muster::security::key::KeyError;
use muster::security::key::RsaKey;

/// Private keys, each as PEM.
#[derive(Debug, Default)]
pub struct KeyPool {
    keys: Vec<Secret<String>>,
}

/// Why there is no pool.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyPoolError {
    /// The provider could not generate a key.
    #[error("no key could be generated")]
    Generate,
    /// A key has no form for files.
    #[error("a key cannot be written")]
    Encode(#[source] KeyError),
    /// The file cannot be written.
    #[error("cannot write the keys")]
    Write(#[source] WriteError),
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// A file holds something else.
    #[error("key {number} of {} cannot be used", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// Which one, from 1.
        number: usize,
        /// Why.
        #[source]
        err: KeyError,
    },
    /// There is no key.
    #[error("{} holds no private key", path.display())]
    Empty {
        /// The file or directory.
        path: PathBuf,
    },
}

impl KeyPool {
    /// Makes keys; `made` hears of each. Takes a processor for a tenth of a second per key.
    ///
    /// # Errors
    ///
    /// [`KeyPoolError`] when the provider cannot.
    pub fn generate(count: usize, mut made: impl FnMut(usize)) -> Result<Self, KeyPoolError> {
        let mut keys = Vec::with_capacity(count);
        for number in 1..=count {
            let pair =
                rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
                    .map_err(|_| KeyPoolError::Generate)?;
            let pem = RsaKey::new(pair).private_pem();
            keys.push(pem.map_err(KeyPoolError::Encode)?);
            made(number);
        }
        Ok(Self { keys })
    }

    /// Writes the pool, for its owner only.
    ///
    /// # Errors
    ///
    /// [`KeyPoolError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), KeyPoolError> {
        let mut text = String::new();
        for key in &self.keys {
            text.push_str(key.expose());
        }
        let text = Secret::new(text);
        atomic_file::write(&RealFiles, path, text.expose().as_bytes(), 0o600)
            .map_err(KeyPoolError::Write)
    }

    /// Reads the pool of a file, or of the files `*.pem` of a directory.
    ///
    /// # Errors
    ///
    /// [`KeyPoolError`] when one of them is not what it should be.
    pub fn read(path: &Path) -> Result<Self, KeyPoolError> {
        let mut keys = Vec::new();
        for file in files(path)? {
            let text =
                source_file::read_text(&file, LARGEST).map_err(|err| KeyPoolError::Read {
                    path: file.clone(),
                    err,
                })?;
            for (index, key) in blocks(&text).enumerate() {
                RsaKey::from_pem(key).map_err(|err| KeyPoolError::NotAKey {
                    path: file.clone(),
                    number: index.saturating_add(1),
                    err,
                })?;
                keys.push(Secret::new(key.to_owned()));
            }
        }
        if keys.is_empty() {
            let path = path.to_owned();
            return Err(KeyPoolError::Empty { path });
        }
        Ok(Self { keys })
    }

    /// The key of a node; none in an empty pool.
    #[must_use]
    pub fn of(&self, node: usize) -> Option<&Secret<String>> {
        let index = node.checked_rem(self.keys.len())?;
        self.keys.get(index)
    }

    /// How many keys there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none, so that every node makes its own.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

fn files(path: &Path) -> Result<Vec<PathBuf>, KeyPoolError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |err| KeyPoolError::Read {
        path: path.to_owned(),
        err,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|extension| extension == "pem") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// The PEM blocks of private keys in a text.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let begin = rest.find("-----BEGIN ")?;
        let from = rest.get(begin..)?;
        let end = from.find("-----END ")?;
        let tail = from.get(end..)?;
        let line = tail
            .find('\n')
            .map_or(tail.len(), |at| at.saturating_add(1));
        let (block, after) = from.split_at_checked(end.saturating_add(line))?;
        rest = after;
        Some(block)
    })
}

/// Room for ten thousand keys, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_that_was_written_is_read_and_used_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.pem");
        let mut told = Vec::new();
        let pool = KeyPool::generate(2, |number| told.push(number)).unwrap();
        pool.write(&path).unwrap();
        assert_eq!(told, [1, 2]);
        let read = KeyPool::read(&path).unwrap();
        assert_eq!(read.len(), 2);
        let key = |node| read.of(node).unwrap().expose().clone();
        assert_ne!(key(0), key(1));
        assert_eq!(key(0), key(2));
        assert_eq!(KeyPool::read(folder.path()).unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_key_is_refused_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.pem");
        let text = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        atomic_file::write(&RealFiles, &path, text.as_bytes(), 0o600).unwrap();
        assert!(matches!(
            KeyPool::read(&path),
            Err(KeyPoolError::NotAKey { number: 1, .. })
        ));
        atomic_file::write(&RealFiles, &path, b"nothing", 0o600).unwrap();
        assert!(matches!(
            KeyPool::read(&path),
            Err(KeyPoolError::Empty { .. })
        ));
        assert!(matches!(
            KeyPool::read(&folder.path().join("none")),
            Err(KeyPoolError::Read { .. })
        ));
    }

    #[test]
    fn an_empty_pool_has_no_key_for_anybody() {
        assert!(KeyPool::default().of(3).is_none());
    }
}
