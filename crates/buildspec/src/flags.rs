//! The flags of one build and target, typed.
//!
//! [`Flags`] mirrors what the agent knows as its build information.

use std::fmt;

use crate::token::Verifier;

/// What the flags of a build say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flags {
    /// `TLS`.
    pub tls: bool,
    /// `Secure`.
    pub secure: bool,
    /// `DefaultCollectives`.
    pub default_collectives: Vec<String>,
    /// `ClientIdentitySuffix`.
    pub client_identity_suffix: String,
    /// Everything about provisioning.
    pub provisioning: Provisioning,
}

/// What the provisioning flags of a build say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provisioning {
    /// `ProvisionBrokerURLs`, each with a scheme.
    pub brokers: Vec<String>,
    /// `ProvisionBrokerSRVDomain`.
    pub srv_domain: Option<String>,
    /// `ProvisionModeDefault`.
    pub mode_default: bool,
    /// `ProvisionAgent`.
    pub agent: bool,
    /// `ProvisionSecure`.
    pub secure: bool,
    /// The certificates in the file that `ProvisionCA` names.
    pub ca: Option<String>,
    /// Verifiers of `ProvisionToken`, `ProvisionTokens`, `ProvisionTokenFile` and `ProvisionTokenHash`, in this order.
    pub tokens: Vec<Verifier>,
    /// `ProvisionRegistrationData`.
    pub registration_data: Option<String>,
    /// `ProvisionRegistrationSubjects`, or what follows from `ProvisionSecure` (design D10).
    pub registration_subjects: Vec<String>,
    /// `ProvisionFacts`.
    pub facts: Option<String>,
    /// `ProvisionJWTFile`.
    pub jwt_file: Option<String>,
    /// `ProvisionStatusFile`.
    pub status_file: Option<String>,
    /// `ProvisioningBrokerUsername`.
    pub user: Option<String>,
    /// `ProvisioningBrokerPassword`.
    pub password: Option<Password>,
    /// `ProvisioningUsesProtocolV2`.
    pub protocol_v2: bool,
    /// `ProvisionAllowServerUpdate`.
    pub allow_update: bool,
}

/// A broker password. Its `Debug` is redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Default for Flags {
    fn default() -> Self {
        Self {
            tls: true,
            secure: true,
            default_collectives: vec!["mcollective".to_owned()],
            client_identity_suffix: "mcollective".to_owned(),
            provisioning: Provisioning {
                brokers: Vec::new(),
                srv_domain: None,
                mode_default: false,
                agent: true,
                secure: true,
                ca: None,
                tokens: Vec::new(),
                registration_data: None,
                registration_subjects: Vec::new(),
                facts: None,
                jwt_file: None,
                status_file: None,
                user: None,
                password: None,
                protocol_v2: false,
                allow_update: false,
            },
        }
    }
}
