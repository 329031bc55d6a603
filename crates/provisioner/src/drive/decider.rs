//! Asks whoever decides what a node becomes: the site's program or the built-in authority.

use muster::protocol::names::Identity;

use crate::authority::Authority;
use crate::authority::AuthorityError;
use crate::config::Config;
use crate::config::Helper;
use crate::helper::Case;
use crate::helper::Decision;
use crate::helper::HelperError;
use crate::helper::process::Limits;
use crate::helper::process::Program;
use crate::journal::Holder;
use crate::journal::Journal;

/// Who decides.
#[derive(Debug)]
pub enum Decider {
    /// A program of the site.
    Program(Program),
    /// The built-in authority and its template.
    Builtin(Authority),
}

/// Why nobody can decide.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeciderError {
    /// The built-in authority cannot be opened.
    #[error("cannot open the built-in authority")]
    Authority(#[from] AuthorityError),
}

impl Decider {
    /// The one that the configuration names.
    ///
    /// # Errors
    ///
    /// [`DeciderError`].
    pub fn open(config: &Config) -> Result<Self, DeciderError> {
        Ok(match &config.helper {
            Helper::Program(words) => Self::Program(Program::new(
                words.clone(),
                config.deadlines.helper,
                Limits::of(config.workers),
            )),
            Helper::Builtin(builtin) => Self::Builtin(Authority::open(
                builtin,
                &config.names,
                config.admission.reissue,
            )?),
        })
    }

    /// The certificate that an identity holds: the authority's own ledger knows what was revoked since, otherwise the journal
    /// is asked.
    ///
    /// # Errors
    ///
    /// [`HelperError`] when the ledger cannot be read.
    pub async fn holder(
        &self,
        identity: &Identity,
        journal: &Journal,
    ) -> Result<Option<Holder>, HelperError> {
        match self {
            Self::Program(_) => Ok(journal.holder(identity)),
            Self::Builtin(authority) => {
                Ok(authority.holder(identity).await?.map(|holder| Holder {
                    key_digest: holder.key_digest,
                    not_after: holder.not_after,
                }))
            }
        }
    }

    /// Whether the authority can be read. Of a program nobody knows before it is asked about a node.
    ///
    /// # Errors
    ///
    /// [`HelperError`] when it cannot.
    pub async fn check(&self) -> Result<(), HelperError> {
        match self {
            Self::Program(_) => Ok(()),
            Self::Builtin(authority) => authority.check().await,
        }
    }

    /// What a node would become, without anything being signed: a program gets no CSR.
    ///
    /// # Errors
    ///
    /// [`HelperError`].
    pub async fn plan(&self, case: Case) -> Result<Decision, HelperError> {
        match self {
            Self::Program(program) => program.decide(&Case { csr: None, ..case }).await,
            Self::Builtin(authority) => Ok(authority.plan(&case)),
        }
    }

    /// What a node becomes; `now` in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`HelperError`].
    pub async fn decide(&self, case: &Case, now: i64) -> Result<Decision, HelperError> {
        match self {
            Self::Program(program) => program.decide(case).await.map_err(|err| HelperError {
                reason: format!("could not invoke configure helper: {}", err.reason),
                ..err
            }),
            Self::Builtin(authority) => authority.decide(case, now).await,
        }
    }
}
