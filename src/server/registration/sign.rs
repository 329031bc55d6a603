//! What vouches for a registration message.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::os::source_file;
use crate::os::source_file::Stamp;
use crate::protocol::v1::SecureRequest;
use crate::protocol::v1::Signature;
use crate::secret::Secret;
use crate::security::request::Signer;
use crate::security::request::SignerError;
use crate::server::start::Foundation;

/// Signs what the node publishes.
pub trait Signs: fmt::Debug + Send + Sync {
    /// The request layer together with what vouches for it.
    ///
    /// # Errors
    ///
    /// [`SignError`] when there should be a signature and there is none.
    fn sign(&self, message: String) -> Result<SecureRequest, SignError>;
}

/// Why a message was not signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// A file cannot be read.
    #[error("cannot read the {what} {}", path.display())]
    Unreadable {
        /// `certificate` or `private key`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: std::io::Error,
    },
    /// Certificate and key do not sign.
    #[error("the certificate of this node does not sign")]
    Signer(#[source] SignerError),
}

/// What vouches for the messages of this node (spec 02 §3.1): its certificate on a network where requests are signed; the
/// words that stand in its place while it has none, and where nothing is signed.
#[must_use]
pub fn signer(start: &Foundation) -> Arc<dyn Signs> {
    let file = &start.resolved.settings.security.file;
    match (&file.certificate, &file.key) {
        _ if !start.build.secure => Arc::new(Unsigned::Network),
        (Some(certificate), Some(key)) if !start.mode.is_provisioning() => {
            Arc::new(OwnCertificate::new(certificate.clone(), key.clone()))
        }
        (Some(_) | None, Some(_) | None) => Arc::new(Unsigned::Node),
    }
}

/// No key: the words that stand in the place of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsigned {
    /// On a network where nothing is signed.
    Network,
    /// On a network where requests are signed, by a node that has nothing to sign with: receivers make an exception for
    /// the agent `registration` (spec 03 §4.2).
    Node,
}

impl Signs for Unsigned {
    fn sign(&self, message: String) -> Result<SecureRequest, SignError> {
        let signature = match self {
            Self::Network => Signature::Unsigned,
            Self::Node => Signature::UnsignedRegistration,
        };
        Ok(SecureRequest { message, signature })
    }
}

/// The certificate of the node and its key, read again when one of the files changed.
#[derive(Debug)]
pub struct OwnCertificate {
    certificate: PathBuf,
    key: PathBuf,
    read: Mutex<Option<(Stamps, Signer)>>,
}

type Stamps = [Option<Stamp>; 2];

impl OwnCertificate {
    /// The certificate and the key in these files.
    #[must_use]
    pub const fn new(certificate: PathBuf, key: PathBuf) -> Self {
        Self {
            certificate,
            key,
            read: Mutex::new(None),
        }
    }

    fn load(&self) -> Result<Signer, SignError> {
        let certificate = read("certificate", &self.certificate)?;
        let key = read("private key", &self.key)?;
        Signer::from_pem(certificate.expose(), key.expose()).map_err(SignError::Signer)
    }
}

impl Signs for OwnCertificate {
    fn sign(&self, message: String) -> Result<SecureRequest, SignError> {
        let stamp = |path| source_file::stamp(path).ok().flatten();
        let stamps = [stamp(&self.certificate), stamp(&self.key)];
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let known = read.take().filter(|(of, _)| *of == stamps);
        let signer = match known {
            Some((_, signer)) => signer,
            None => self.load()?,
        };
        let signed = signer.sign(message).map_err(SignError::Signer);
        *read = Some((stamps, signer));
        signed
    }
}

fn read(what: &'static str, path: &Path) -> Result<Secret<String>, SignError> {
    let text = source_file::read(path, LARGEST).and_then(|bytes| {
        String::from_utf8(bytes)
            .map_err(|err| std::io::Error::new(std::io::ErrorKind::InvalidData, err.utf8_error()))
    });
    text.map(Secret::new).map_err(|err| SignError::Unreadable {
        what,
        path: path.to_owned(),
        err,
    })
}

/// Larger than any file of certificates a site uses, in bytes.
const LARGEST: u64 = 1024 * 1024;
