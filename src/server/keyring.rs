//! The certificate, key and CA in use, and what their files have become.
//!
//! [`Keyring::current`] is what the connection and signatures use. Who may ask is not judged with it: the gatekeeper reads
//! the CA file itself, because a CA that was taken out of it must count for nothing with the next request, whatever a
//! broker thinks of the rest.
//!
//! It follows the files: [`Keyring::look`] sees that they changed, reads all three and keeps what fits as a candidate. A
//! candidate becomes current when a broker has let the node in with it and not before, because the broker is the verifier
//! that judges it; until then its predecessor stays in use. So there are at most two generations:
//!
//! ```text
//!   files ──look: changed, whole, fitting, of the same node──> candidate ──a broker takes it──> current
//!     └──── not so: the reason, and current stays ────┘            └── files change again ──> another candidate
//! ```
//!
//! While there is no connection, rounds of attempts use both in turn, the candidate first: a node whose new certificate
//! the broker does not know yet comes back with the old one. A start has nothing but the files, and uses what they hold.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::TryLockError;

use super::material;
use super::material::MaterialError;
use crate::config::CertificateFiles;
use crate::os::clock::Clock;
use crate::os::source_file;
use crate::os::source_file::Stamp;
use crate::report::Chain;
use crate::security::material::Material;
use crate::security::material::Pem;
use crate::security::material::Terms;
use crate::security::part::Part;
use crate::transport::Offer;
use crate::transport::Renewable;
use crate::transport::TlsPolicy;

/// The certificate, key and CA of a node. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Keyring(Arc<Shared>);

/// What a look at the files found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// They hold what is in use.
    Same,
    /// They hold something better, and no broker has seen it yet.
    Renewed,
    /// They hold what cannot be used, in words for an operator; what is in use stays.
    Unfit(String),
}

#[derive(Debug)]
struct Shared {
    files: CertificateFiles,
    terms: Terms,
    certname: String,
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
    held: Mutex<Held>,
}

/// The files as they were looked at last. Locked while they are read.
#[derive(Debug)]
struct Seen {
    stamps: Stamps,
    look: Look,
}

#[derive(Debug)]
struct Held {
    current: Generation,
    candidate: Option<Generation>,
    latest: u64,
}

#[derive(Debug, Clone)]
struct Generation {
    number: u64,
    material: Arc<Material>,
}

/// Of certificate, key and CA; none of a file that cannot be looked at.
type Stamps = [Option<Stamp>; 3];

impl Keyring {
    /// Reads the files of a node whose certificate should carry the name `certname`.
    ///
    /// # Errors
    ///
    /// [`MaterialError`] when a file cannot be read or no connection can be made with it.
    pub fn open(
        files: CertificateFiles,
        terms: Terms,
        certname: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, MaterialError> {
        let stamps = stamps(&files);
        let material = Arc::new(material::load(&files, &terms)?);
        let held = Held {
            current: Generation {
                number: 0,
                material,
            },
            candidate: None,
            latest: 0,
        };
        Ok(Self(Arc::new(Shared {
            files,
            terms,
            certname: certname.to_owned(),
            clock,
            seen: Mutex::new(Seen {
                stamps,
                look: Look::Same,
            }),
            held: Mutex::new(held),
        })))
    }

    /// What is in use at this moment. Asked anew for each use, it follows every renewal.
    #[must_use]
    pub fn current(&self) -> Arc<Material> {
        Arc::clone(&self.held().current.material)
    }

    /// The name that the certificate should carry.
    #[must_use]
    pub fn certname(&self) -> &str {
        &self.0.certname
    }

    /// The files.
    #[must_use]
    pub fn files(&self) -> &CertificateFiles {
        &self.0.files
    }

    /// Looks whether the files changed and, if so, what they hold. Reads files; what was found unfit is read again each
    /// time, because a certificate that is not valid yet becomes valid without a change.
    #[must_use]
    pub fn look(&self) -> Look {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.look_again(&mut seen)
    }

    fn look_again(&self, seen: &mut Seen) -> Look {
        let stamps = stamps(&self.0.files);
        match seen.look {
            Look::Same | Look::Renewed if seen.stamps == stamps => {}
            Look::Same | Look::Renewed | Look::Unfit(_) => {
                // taken before the reading: what is written meanwhile is seen by the next look
                seen.stamps = stamps;
                seen.look = match self.candidate() {
                    Ok(candidate) => self.propose(candidate),
                    Err(reason) => self.reject(reason),
                };
            }
        }
        // the broker may have decided since
        if seen.look == Look::Renewed && self.held().candidate.is_none() {
            seen.look = Look::Same;
        }
        seen.look.clone()
    }

    /// What the files hold; nothing when it is what is in use.
    fn candidate(&self) -> Result<Option<Material>, String> {
        let told = |err: MaterialError| Chain(&err).to_string();
        let pem: Pem = material::read(&self.0.files).map_err(told)?;
        let current = self.current();
        if current.is_of(&pem) {
            return Ok(None);
        }
        let new = material::of(&self.0.files, pem, &self.0.terms).map_err(told)?;
        let now = self.0.clock.now();
        match new.succeeds(&current, &self.0.certname, now) {
            Ok(()) => Ok(Some(new)),
            Err(reason) => {
                let path = self.0.files.path(Part::Certificate).display();
                Err(format!("{path}: {reason}"))
            }
        }
    }

    fn propose(&self, material: Option<Material>) -> Look {
        let mut held = self.held();
        let Some(material) = material else {
            held.candidate = None;
            return Look::Same;
        };
        held.latest = held.latest.saturating_add(1);
        held.candidate = Some(Generation {
            number: held.latest,
            material: Arc::new(material),
        });
        Look::Renewed
    }

    fn reject(&self, reason: String) -> Look {
        self.held().candidate = None;
        Look::Unfit(reason)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Renewable for Keyring {
    /// Looks at the files first, unless somebody does at this moment, perhaps for long.
    fn offer(&self, failures: u32) -> Offer {
        match self.0.seen.try_lock() {
            Ok(mut seen) => drop(self.look_again(&mut seen)),
            Err(TryLockError::Poisoned(seen)) => drop(self.look_again(&mut seen.into_inner())),
            Err(TryLockError::WouldBlock) => {}
        }
        let held = self.held();
        // the first round after a loss is the one after one failure
        let old_turn = failures > 0 && failures.is_multiple_of(2);
        let chosen = match &held.candidate {
            Some(candidate) if !old_turn => candidate,
            Some(_) | None => &held.current,
        };
        Offer {
            tls: TlsPolicy::Required(chosen.material.tls().clone()),
            number: chosen.number,
        }
    }

    fn accepted(&self, number: u64) {
        let mut held = self.held();
        if let Some(candidate) = held
            .candidate
            .take_if(|candidate| candidate.number == number)
        {
            tracing::info!(
                expires = candidate.material.expires(),
                "the renewed certificate is in use"
            );
            held.current = candidate;
        }
    }
}

fn stamps(files: &CertificateFiles) -> Stamps {
    Part::ALL.map(|part| source_file::stamp(files.path(part)).ok().flatten())
}
