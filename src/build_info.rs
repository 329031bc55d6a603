//! What the build decided, as typed values.
//!
//! `build.rs` turns `buildspec.yaml` into [`BUILD_INFO`]; only the binary names that constant, everyone else is handed a
//! `&BuildInfo`. The provisioning token is never part of it, only verifiers of tokens are (design D4).

/// What the build decided. Written by `build.rs`; named by the binary only.
pub const BUILD_INFO: BuildInfo = include!(concat!(env!("OUT_DIR"), "/build_flags.rs"));

/// What the build decided.
#[derive(Debug, Clone, Copy)]
pub struct BuildInfo {
    /// Name of the build in `buildspec.yaml`, such as `foss`.
    pub build: &'static str,
    /// Compile target of the build, `defaults` when none was chosen.
    pub target: &'static str,
    /// Version that peers see.
    pub version: &'static str,
    /// Source revision, `unknown` without one.
    pub sha: &'static str,
    /// Date of the build from `SOURCE_DATE_EPOCH`, `unknown` without it.
    pub build_date: &'static str,
    /// Version of the compiler, as it prints it.
    pub rustc: &'static str,
    /// Target triple.
    pub triple: &'static str,
    /// `TLS`: whether connections use TLS at all.
    pub tls: bool,
    /// `Secure`: whether requests must be signed outside provisioning mode.
    pub secure: bool,
    /// `DefaultCollectives`: joined when the configuration names none.
    pub default_collectives: &'static [&'static str],
    /// `ClientIdentitySuffix`: suffix of a user's default caller id.
    pub client_identity_suffix: &'static str,
    /// Everything about provisioning.
    pub provisioning: Provisioning,
}

/// The provisioning flags.
#[derive(Debug, Clone, Copy)]
pub struct Provisioning {
    /// `ProvisionBrokerURLs`, each as `nats://host:port`, or as `tls://host:port` where the buildspec says so.
    pub brokers: &'static [&'static str],
    /// `ProvisionBrokerSRVDomain`.
    pub srv_domain: Option<&'static str>,
    /// `ProvisionModeDefault`: provision unless the configuration says otherwise.
    pub mode_default: bool,
    /// `ProvisionAgent`: whether our provisioning agent is active.
    pub agent: bool,
    /// `ProvisionSecure`: false allows plain text where the broker offers nothing better.
    pub secure: bool,
    /// `ProvisionCA`: PEM certificates that the broker's certificate must chain to.
    pub ca: Option<&'static str>,
    /// Verifiers of all `ProvisionToken…` flags; empty means that anyone may act.
    pub tokens: &'static [TokenVerifier],
    /// `ProvisionRegistrationData`: file published while provisioning.
    pub registration_data: Option<&'static str>,
    /// `ProvisionRegistrationSubjects`: where it is published (design D10). Never empty.
    pub registration_subjects: &'static [&'static str],
    /// `ProvisionFacts`: fact file while provisioning.
    pub facts: Option<&'static str>,
    /// `ProvisionJWTFile`.
    pub jwt_file: Option<&'static str>,
    /// `ProvisionStatusFile`.
    pub status_file: Option<&'static str>,
    /// `ProvisioningBrokerUsername`.
    pub user: Option<&'static str>,
    /// `ProvisioningBrokerPassword`.
    pub password: Option<BakedPassword>,
    /// `ProvisioningUsesProtocolV2`.
    pub protocol_v2: bool,
    /// `ProvisionAllowServerUpdate`.
    pub allow_update: bool,
}

/// A broker password that is part of the binary. Its `Debug` is redacted.
#[derive(Clone, Copy)]
pub struct BakedPassword(pub &'static str);

impl std::fmt::Debug for BakedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What is left of a token after the build: enough to recognise it, not enough to say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenVerifier {
    /// SHA-256 over salt and token, for tokens of 128 bits and more.
    Sha256 {
        /// Mixed in before the token.
        salt: [u8; 16],
        /// The digest to meet.
        digest: [u8; 32],
    },
    /// Argon2id, version 0x13, one lane, for tokens that a person chose.
    Argon2id {
        /// Mixed in by the algorithm.
        salt: [u8; 16],
        /// The tag to meet.
        digest: [u8; 32],
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes over the memory.
        passes: u32,
    },
}

impl Provisioning {
    /// Whether provisioning mode is asked for: by the configuration, else by the build.
    #[must_use]
    pub const fn wanted(&self, configured: Option<bool>) -> bool {
        match configured {
            Some(provision) => provision,
            None => self.mode_default,
        }
    }
}

impl TokenVerifier {
    /// The algorithm, for people.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sha256 { .. } => "SHA-256",
            Self::Argon2id { .. } => "Argon2id",
        }
    }
}

/// What a node asks of the broker's TLS while it provisions (design D11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsPolicy {
    /// TLS, with a certificate that chains to the baked CA and carries the broker's name.
    Verified,
    /// TLS, with any certificate: there is no CA yet.
    Unverified,
    /// Plain text, but only where the broker neither requires nor offers TLS; else as [`TlsPolicy::Unverified`].
    PlainTextAllowed,
}

impl Provisioning {
    /// What is asked of the broker's TLS. A baked CA makes verification mandatory, whatever `ProvisionSecure` says.
    #[must_use]
    pub const fn tls_policy(&self) -> TlsPolicy {
        match (self.ca, self.secure) {
            (Some(_), _) => TlsPolicy::Verified,
            (None, true) => TlsPolicy::Unverified,
            (None, false) => TlsPolicy::PlainTextAllowed,
        }
    }
}

impl BuildInfo {
    /// Whether this build could ever enter provisioning mode.
    #[must_use]
    pub const fn can_provision(&self) -> bool {
        !self.provisioning.brokers.is_empty() || self.provisioning.srv_domain.is_some()
    }
}
