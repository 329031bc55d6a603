//! The key that signs, from its file.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use muster::secret::Secret;

use crate::signing::Key;
use crate::signing::KeyError;

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// A file cannot be read.
    #[error("cannot read {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The file holds no key that signs.
    #[error("the key in {} cannot sign", file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        err: KeyError,
    },
}

/// Reads the key of a file, with the passphrase that is the first line of another.
///
/// # Errors
/// When a file cannot be read, or the key cannot sign.
pub fn signing_key(file: &Path, passphrase: Option<&Path>) -> Result<Key, SigningKeyError> {
    let unreadable = |file: &Path, err| SigningKeyError::Unreadable {
        file: file.to_owned(),
        err,
    };
    let bytes = fs::read(file).map_err(|err| unreadable(file, err))?;
    let passphrase = passphrase
        .map(|file| fs::read_to_string(file).map_err(|err| unreadable(file, err)))
        .transpose()?
        .map(|text| Secret::new(text.lines().next().unwrap_or_default().to_owned()));
    Key::read(&bytes, passphrase.as_ref()).map_err(|err| SigningKeyError::Key {
        file: file.to_owned(),
        err,
    })
}
