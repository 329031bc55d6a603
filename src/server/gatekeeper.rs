//! Believes a signed request or not: the rules of [`crate::security::request`] with the authorities of this node, whose
//! file is read again when it changed: on its own and not with the certificate that the node connects with, so that a CA
//! that was taken out of the file counts for nothing with the next request.
//!
//! A CA file that cannot be used lets nobody in, raises a concern, and is looked at again with the next request.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::refusal::Refusal;
use crate::os::source_file;
use crate::os::source_file::Stamp;
use crate::protocol::Request;
use crate::protocol::v1::SecureRequest;
use crate::protocol::v1::Signature;
use crate::report::Chain;
use crate::rpc::Concerns;
use crate::security::request::Roots;
use crate::security::request::Signed;
use crate::security::request::Trust;
use crate::security::request::Verified;

/// Judges signatures.
#[derive(Debug)]
pub struct Gatekeeper {
    trust: Trust,
    ca: Option<PathBuf>,
    read: Mutex<Option<(Stamp, Arc<Roots>)>>,
}

impl Gatekeeper {
    /// A judge that believes these names when an authority in the file `ca` vouches for them.
    #[must_use]
    pub const fn new(trust: Trust, ca: Option<PathBuf>) -> Self {
        Self {
            trust,
            ca,
            read: Mutex::new(None),
        }
    }

    /// Judges a request at `now` (seconds since 1970). What is wrong with the node itself goes to `concerns`.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when it is not to be believed.
    pub fn judge(
        &self,
        secure: &SecureRequest,
        request: &Request,
        now: i64,
        concerns: &Concerns,
    ) -> Result<Verified, Refusal> {
        let Signature::X509 {
            signature,
            certificate,
        } = &secure.signature
        else {
            return Err(Refusal::Unsigned);
        };
        let roots = match self.roots() {
            Ok(roots) => {
                concerns.clear(AREA);
                roots
            }
            Err(reason) => {
                concerns.raise(AREA, reason);
                return Err(Refusal::NoRoots);
            }
        };
        let signed = Signed {
            caller: &request.caller,
            message: secure.message.as_bytes(),
            signature,
            certificate,
        };
        self.trust
            .verify(&signed, &roots, now)
            .map_err(|err| Refusal::Unverified {
                caller: request.caller.clone(),
                err,
            })
    }

    fn roots(&self) -> Result<Arc<Roots>, String> {
        let path = self
            .ca
            .as_deref()
            .ok_or("no CA is configured, set plugin.security.file.ca")?;
        let unusable = |reason: &dyn std::fmt::Display| {
            format!("the CA {} cannot be used: {reason}", path.display())
        };
        let stamp = source_file::stamp(path)
            .map_err(|err| unusable(&err))?
            .ok_or_else(|| unusable(&"there is no such file"))?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, roots)) = &*read
            && *of == stamp
        {
            return Ok(Arc::clone(roots));
        }
        let bytes = source_file::read(path, LARGEST).map_err(|err| unusable(&err))?;
        let roots = Arc::new(Roots::from_pem(&bytes).map_err(|err| unusable(&Chain(&err)))?);
        *read = Some((stamp, Arc::clone(&roots)));
        Ok(roots)
    }
}

/// Name of the concern about the authorities.
const AREA: &str = "CA for requests";
/// Larger than any CA file, in bytes.
const LARGEST: u64 = 1024 * 1024;
