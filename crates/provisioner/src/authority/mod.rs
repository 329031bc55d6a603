//! The built-in authority (`helper: builtin`): certificates of its own, configurations from a template.
//!
//! ```text
//!   decide ── template ── vetting ──▶ queue ──▶ one thread: lock, look, sign, append, fsync, unlock ──▶ answers
//!   holder ─────────────────────────▶
//! ```
//!
//! | module | what it is for |
//! |---|---|
//! | [`template`] | configurations (pure) |
//! | [`directory`] | which files there are |
//! | `signer` | the authority's certificate and key, and what is signed with them |
//! | [`ledger`] | what was issued and revoked, durable before anybody gets it |
//! | `scribe`, `desk` | the thread that issues, and what becomes of each order |
//! | [`upkeep`] | what the command `ca` does: making an authority, renewing it, revoking |
//!
//! The authority signs nothing that it has not vetted itself: that the engine does so before it asks is no reason to sign
//! what comes along.

use std::time::Duration;

use muster::facts::Document;
use muster::os::atomic_file;
use muster::os::files::RealFiles;
use muster::protocol::names::Identity;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::config::Builtin;
use crate::config::NameRules;
use crate::config::Reissue;
use crate::helper::Blame;
use crate::helper::Case;
use crate::helper::CsrReply;
use crate::helper::Decision;
use crate::helper::HelperError;
use crate::helper::Outfit;
use crate::vetting::csr;
use crate::vetting::csr::VettedCsr;
use crate::vetting::names;

mod desk;
pub mod directory;
mod error;
pub mod ledger;
mod scribe;
mod signer;
pub mod template;
pub mod upkeep;

use desk::Claim;
use desk::Delivery;
use desk::Order;
use directory::Directory;
pub use error::AuthorityError;
pub use ledger::Holder;
use ledger::Ledger;
use scribe::Request;
use scribe::Scribe;
use template::Filled;
use template::Subject;
use template::Template;

/// The built-in authority, for any number of tasks. Its thread ends when the last of it is dropped.
#[derive(Debug, Clone)]
pub struct Authority {
    template: std::sync::Arc<Template>,
    names: NameRules,
    reissue: Reissue,
    requests: mpsc::Sender<Request>,
}

impl Authority {
    /// Opens the authority of a configuration. `names` and `reissue` are those of the configuration too.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] names the file that cannot be used.
    pub fn open(
        builtin: &Builtin,
        names: &NameRules,
        reissue: Reissue,
    ) -> Result<Self, AuthorityError> {
        let template = read_template(builtin)?;
        let directory = Directory::new(&builtin.ca_dir);
        begin_ledger(&directory)?;
        let scribe = Scribe::open(directory, builtin.validity)?;
        Self::start(template, names, reissue, scribe)
    }

    fn start(
        template: Template,
        names: &NameRules,
        reissue: Reissue,
        scribe: Scribe,
    ) -> Result<Self, AuthorityError> {
        let (requests, queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("authority".to_owned())
            .spawn(move || scribe.run(queue))
            .map_err(AuthorityError::Thread)?;
        Ok(Self {
            template: std::sync::Arc::new(template),
            names: names.clone(),
            reissue,
            requests,
        })
    }

    /// What becomes of a node. The same session with the same key gets the same certificate.
    ///
    /// # Errors
    ///
    /// [`HelperError`] says whether the node or the site is to blame.
    pub async fn decide(&self, case: &Case, now: i64) -> Result<Decision, HelperError> {
        let filled = match self.fill(case) {
            Ok(filled) => filled,
            Err(later) => return Ok(later),
        };
        let Some(reply) = &case.csr else {
            return Ok(configure(filled, String::new(), String::new()));
        };
        let vetted = self.vet(reply, case)?;
        let (identity, names) = match self.names(case, &filled, vetted.names) {
            Ok(names) => names,
            Err(later) => return Ok(later),
        };
        let order = Order {
            session: case.session.to_string(),
            identity,
            key_digest: vetted.key_digest,
            names,
            spki: vetted.spki,
            claim: match (&filled.renamed, self.reissue) {
                // the engine asked for the name that the node came with, and nobody for the one that it gets
                (Some(_), Reissue::Ask | Reissue::Refuse) => Claim::Unheld,
                (Some(_), Reissue::Allow) | (None, _) => Claim::Granted,
            },
            now,
        };
        let name = order.identity.clone();
        let (answer, delivered) = oneshot::channel();
        self.ask(Request::Issue(Box::new(order), answer))?;
        match answered(delivered).await?? {
            Delivery::Issued { certificate, ca } => Ok(configure(filled, certificate, ca)),
            Delivery::Held { until } => Ok(later(format!(
                "another key holds a certificate for {name} until {}; `ca revoke` makes the name free",
                upkeep::date(until)
            ))),
        }
    }

    /// What a node would become: the template filled in, nothing signed.
    #[must_use]
    pub fn plan(&self, case: &Case) -> Decision {
        match self.fill(case) {
            Ok(filled) => configure(filled, String::new(), String::new()),
            Err(later) => later,
        }
    }

    /// The certificate that an identity got last and that was not revoked since, if any. It may be over.
    ///
    /// # Errors
    ///
    /// [`HelperError`] when the ledger cannot be read.
    pub async fn holder(&self, identity: &Identity) -> Result<Option<Holder>, HelperError> {
        let (answer, found) = oneshot::channel();
        self.ask(Request::Holder(identity.to_string(), answer))?;
        answered(found).await?
    }

    /// Whether the files of the authority can be read.
    ///
    /// # Errors
    ///
    /// [`HelperError`] when they cannot.
    pub async fn check(&self) -> Result<(), HelperError> {
        let (answer, looked) = oneshot::channel();
        self.ask(Request::Holder(String::new(), answer))?;
        answered(looked).await?.map(drop)
    }

    fn ask(&self, request: Request) -> Result<(), HelperError> {
        self.requests.try_send(request).map_err(|_| scribe::gone())
    }

    fn fill(&self, case: &Case) -> Result<Filled, Decision> {
        let ssldir = case.csr.as_ref().map(|reply| reply.ssldir.as_str());
        let subject = Subject {
            identity: &case.identity,
            ssldir,
            facts: &Document::from(case.inventory.facts.clone()),
        };
        self.template
            .fill(&subject)
            .map_err(|why| later(why.to_string()))
    }

    fn vet(&self, reply: &CsrReply, case: &Case) -> Result<VettedCsr, HelperError> {
        csr::check(&reply.csr, &case.identity, &self.names)
            .and_then(|vetted| {
                csr::check_public_key(&vetted, &reply.public_key)?;
                Ok(vetted)
            })
            .map_err(|refusal| HelperError {
                reason: refusal.to_string(),
                blame: Blame::Case,
            })
    }

    /// For whom the certificate is, and which names it carries. A new name may come from facts, so it is held against the
    /// lists as well; it takes the place of the old one.
    fn names(
        &self,
        case: &Case,
        filled: &Filled,
        asked: Vec<String>,
    ) -> Result<(String, Vec<String>), Decision> {
        let old = case.identity.as_str();
        let new = filled.renamed.as_ref().unwrap_or(&case.identity);
        names::judge(new.as_str(), new, &self.names).map_err(|why| later(why.to_string()))?;
        let mut names = vec![new.to_string()];
        let rest = asked
            .into_iter()
            .filter(|name| name != old && name != new.as_str());
        names.extend(rest);
        Ok((new.to_string(), names))
    }
}

async fn answered<T>(answer: oneshot::Receiver<T>) -> Result<T, HelperError> {
    match timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) | Err(_) => Err(scribe::gone()),
    }
}

fn configure(filled: Filled, certificate: String, ca: String) -> Decision {
    Decision::Configure(Box::new(Outfit {
        configuration: filled.configuration,
        certificate,
        ca,
        ..Outfit::default()
    }))
}

const fn later(message: String) -> Decision {
    Decision::Defer {
        message,
        retry_after: None,
    }
}

fn read_template(builtin: &Builtin) -> Result<Template, AuthorityError> {
    let text = Directory::text(builtin.template.clone()).map_err(|err| match err {
        AuthorityError::Missing { path } => AuthorityError::Read {
            path,
            err: std::io::ErrorKind::NotFound.into(),
        },
        err => err,
    })?;
    let path = builtin.template.display().to_string();
    Template::parse(&path, &text).map_err(AuthorityError::Template)
}

/// An authority that was made elsewhere has no ledger yet.
fn begin_ledger(directory: &Directory) -> Result<(), AuthorityError> {
    let path = directory.ledger();
    if path.exists() || !directory.certificates().exists() {
        return Ok(());
    }
    let _lock = directory.lock()?;
    // somebody else may have begun it while we waited
    if path.exists() {
        return Ok(());
    }
    tracing::warn!(ledger = %path.display(), "the authority has no ledger, so one is begun: what was issued before is not known");
    let empty = Ledger::empty();
    Ok(atomic_file::write(
        &RealFiles,
        &path,
        empty.as_bytes(),
        0o600,
    )?)
}

/// Requests that wait for the thread. As many as there are workers can wait, and those are a few hundred.
const QUEUE: usize = 1024;
/// How long an answer may take: longer than the lock of the directory is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests;
