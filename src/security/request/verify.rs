//! The verdict over a signed request.

use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
use aws_lc_rs::signature::UnparsedPublicKey;
use regex::Regex;

use super::RequestError;
use super::Roots;
use super::certificate::CertificateNames;
use super::certificate::Chain;
use super::certificate::rsa_key;
use crate::protocol::names::CallerId;

/// Whom a node believes.
#[derive(Debug, Clone)]
pub struct Trust {
    /// `plugin.choria.security.certname_whitelist`: names of callers.
    pub allowed: Vec<Regex>,
    /// `plugin.choria.security.privileged_users`: names of certificates that may speak for any caller.
    pub privileged: Vec<Regex>,
}

/// A request with what vouches for it.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// Who asks, as the request says.
    pub caller: &'a CallerId,
    /// The exact bytes that were signed.
    pub message: &'a [u8],
    /// RSASSA-PKCS1-v1_5 with SHA-256 over them.
    pub signature: &'a [u8],
    /// PEM of the signer's certificate, intermediates may follow.
    pub certificate: &'a str,
}

/// How a request was vouched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// By the certificate of the caller.
    Own,
    /// By a privileged certificate on behalf of the caller.
    Privileged,
}

impl Trust {
    /// Judges a request at `now` (seconds since 1970).
    ///
    /// # Errors
    ///
    /// [`RequestError`] with the first reason not to believe it.
    pub fn verify(
        &self,
        request: &Signed<'_>,
        roots: &Roots,
        now: i64,
    ) -> Result<Verified, RequestError> {
        let caller = request.caller.name().ok_or(RequestError::Caller)?;
        let chain = Chain::from_pem(request.certificate)?;
        let leaf = chain.leaf()?;
        let key = rsa_key(&leaf)?;
        let names = CertificateNames::of(&leaf);
        let verified = if matches(&self.privileged, names.all()) {
            Verified::Privileged
        } else {
            Verified::Own
        };
        // before anything is said about names: they are only worth a word when our CA signed them
        chain.verify(roots, now)?;
        if verified == Verified::Own {
            self.own(request.caller, caller, &names)?;
        }
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
            .verify(request.message, request.signature)
            .map_err(|_| RequestError::Signature)?;
        Ok(verified)
    }

    fn own(
        &self,
        id: &CallerId,
        caller: &str,
        names: &CertificateNames,
    ) -> Result<(), RequestError> {
        if !id.as_str().starts_with(CERTIFICATE_KIND) {
            return Err(RequestError::CallerKind);
        }
        if !names.all().any(|name| name == caller) {
            return Err(RequestError::Name {
                names: names.joined(),
            });
        }
        if !matches(&self.allowed, std::iter::once(caller)) {
            return Err(RequestError::NotAllowed);
        }
        Ok(())
    }
}

fn matches<'a>(patterns: &[Regex], mut names: impl Iterator<Item = &'a str>) -> bool {
    names.any(|name| patterns.iter().any(|pattern| pattern.is_match(name)))
}

/// How the id of a caller with a certificate begins.
const CERTIFICATE_KIND: &str = "choria=";
