//! When a connection is encrypted, and how its peer is judged (design D11). Pure.

use std::fmt;

use super::info::TlsOffer;
use super::targets::Scheme;
use crate::security::tls::UnverifiedTls;
use crate::security::tls::VerifiedTls;

/// What is asked of every connection. Each TLS variant carries the configuration it needs and only that: a verified
/// connection cannot be asked for without roots, and plain text cannot be allowed beside verification.
#[derive(Debug, Clone)]
pub enum TlsPolicy {
    /// TLS, and the broker's certificate is verified.
    Required(VerifiedTls),
    /// TLS, to whoever answers: there is no CA yet.
    RequiredUnverified(UnverifiedTls),
    /// Plain text, but only where the broker neither requires nor offers TLS.
    PlainWhereNothingBetter(UnverifiedTls),
    /// Plain text only.
    Disabled,
}

/// Where the protection of connections comes from when it may change while the process runs: certificates are renewed.
pub trait Renewable: fmt::Debug + Send + Sync {
    /// The protection for the next round of attempts, after so many that failed in a row. May read files: it is called
    /// where that blocks nobody.
    fn offer(&self, failures: u32) -> Offer;

    /// A connection stands that was made with this offer.
    fn accepted(&self, number: u64);
}

/// A protection, and the number by which its source knows it.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The protection.
    pub tls: TlsPolicy,
    /// What [`Renewable::accepted`] is told.
    pub number: u64,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Not at all.
    Plain,
    /// Encrypted, to whoever answered.
    Unverified,
    /// Encrypted, to a broker whose certificate was verified.
    Verified,
}

impl Protection {
    /// Whether TLS is spoken.
    #[must_use]
    pub const fn is_tls(self) -> bool {
        matches!(self, Self::Unverified | Self::Verified)
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain text",
            Self::Unverified => "TLS, unverified",
            Self::Verified => "TLS, verified",
        })
    }
}

/// What policy and broker agree on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Channel<'a> {
    /// No TLS.
    Plain,
    /// TLS with this configuration.
    Tls(&'a rustls::ClientConfig, Protection),
}

/// Why policy and broker do not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Disagreement {
    #[error(
        "TLS is required here and the broker does not offer it: give the broker a certificate, or correct its address"
    )]
    NotOffered,
    #[error("the broker or its URL requires TLS and TLS is disabled here")]
    Disabled,
}

impl TlsPolicy {
    /// Brings together what is asked here, what the URL says and what the broker offers.
    pub(super) fn decide(
        &self,
        scheme: Scheme,
        offer: TlsOffer,
    ) -> Result<Channel<'_>, Disagreement> {
        let offered = offer != TlsOffer::Nothing;
        match self {
            Self::Disabled if offer == TlsOffer::Required || scheme == Scheme::Tls => {
                Err(Disagreement::Disabled)
            }
            Self::Disabled => Ok(Channel::Plain),
            Self::PlainWhereNothingBetter(_) if !offered && scheme == Scheme::Nats => {
                Ok(Channel::Plain)
            }
            _ if !offered => Err(Disagreement::NotOffered),
            Self::PlainWhereNothingBetter(tls) | Self::RequiredUnverified(tls) => {
                Ok(Channel::Tls(tls.config(), Protection::Unverified))
            }
            Self::Required(tls) => Ok(Channel::Tls(tls.config(), Protection::Verified)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Verdict = Result<Protection, Disagreement>;

    fn judge(policy: &TlsPolicy, scheme: Scheme, offer: TlsOffer) -> Verdict {
        policy.decide(scheme, offer).map(|channel| match channel {
            Channel::Plain => Protection::Plain,
            Channel::Tls(_, protection) => protection,
        })
    }

    #[test]
    fn every_pair_of_policy_and_offer_has_its_row() {
        use TlsOffer::{Available, Nothing, Required};
        let unverified = || UnverifiedTls::new().unwrap();
        let lax = TlsPolicy::PlainWhereNothingBetter(unverified());
        let strict = TlsPolicy::RequiredUnverified(unverified());
        let off = TlsPolicy::Disabled;
        let plain: Verdict = Ok(Protection::Plain);
        let tls: Verdict = Ok(Protection::Unverified);
        let missing: Verdict = Err(Disagreement::NotOffered);
        let disabled: Verdict = Err(Disagreement::Disabled);
        for (policy, scheme, offer, verdict) in [
            (&lax, Scheme::Nats, Nothing, plain),
            (&lax, Scheme::Nats, Available, tls),
            (&lax, Scheme::Nats, Required, tls),
            (&lax, Scheme::Tls, Nothing, missing),
            (&lax, Scheme::Tls, Available, tls),
            (&strict, Scheme::Nats, Nothing, missing),
            (&strict, Scheme::Nats, Available, tls),
            (&strict, Scheme::Tls, Required, tls),
            (&off, Scheme::Nats, Nothing, plain),
            (&off, Scheme::Nats, Available, plain),
            (&off, Scheme::Nats, Required, disabled),
            (&off, Scheme::Tls, Nothing, disabled),
        ] {
            assert_eq!(
                judge(policy, scheme, offer),
                verdict,
                "{scheme:?} {offer:?}"
            );
        }
    }
}
