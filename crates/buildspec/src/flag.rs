//! The names of all flags.

/// A compile-time flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flag {
    Version,
    Sha,
    BuildTime,
    MaxBrokerClients,
    Tls,
    Secure,
    DefaultCollectives,
    ClientIdentitySuffix,
    BrokerUrls,
    SrvDomain,
    ModeDefault,
    Agent,
    ProvisionSecure,
    Ca,
    Token,
    Tokens,
    TokenFile,
    TokenHash,
    RegistrationData,
    RegistrationSubjects,
    Facts,
    JwtFile,
    StatusFile,
    Username,
    Password,
    ProtocolV2,
    AllowUpdate,
}

impl Flag {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, flag)| *flag)
    }

    /// The flag that the reference keeps in a Go variable of this name, without its package.
    pub(crate) fn of_variable(name: &str) -> Option<Self> {
        match name {
            "BuildDate" => Some(Self::BuildTime),
            name => Self::parse(name),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        TABLE
            .iter()
            .find(|(_, flag)| *flag == self)
            .map_or("", |(name, _)| name)
    }
}

/// The names of all flags that a buildspec may set.
pub fn flag_names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}

const TABLE: &[(&str, Flag)] = &[
    ("ClientIdentitySuffix", Flag::ClientIdentitySuffix),
    ("DefaultCollectives", Flag::DefaultCollectives),
    ("ProvisionAgent", Flag::Agent),
    ("ProvisionAllowServerUpdate", Flag::AllowUpdate),
    ("ProvisionBrokerSRVDomain", Flag::SrvDomain),
    ("ProvisionBrokerURLs", Flag::BrokerUrls),
    ("ProvisionCA", Flag::Ca),
    ("ProvisionFacts", Flag::Facts),
    ("ProvisionJWTFile", Flag::JwtFile),
    ("ProvisionModeDefault", Flag::ModeDefault),
    ("ProvisionRegistrationData", Flag::RegistrationData),
    ("ProvisionRegistrationSubjects", Flag::RegistrationSubjects),
    ("ProvisionSecure", Flag::ProvisionSecure),
    ("ProvisionStatusFile", Flag::StatusFile),
    ("ProvisionToken", Flag::Token),
    ("ProvisionTokenFile", Flag::TokenFile),
    ("ProvisionTokenHash", Flag::TokenHash),
    ("ProvisionTokens", Flag::Tokens),
    ("ProvisioningBrokerPassword", Flag::Password),
    ("ProvisioningBrokerUsername", Flag::Username),
    ("ProvisioningUsesProtocolV2", Flag::ProtocolV2),
    ("Secure", Flag::Secure),
    ("TLS", Flag::Tls),
    // of the reference; without a meaning on a node
    ("BuildTime", Flag::BuildTime),
    ("SHA", Flag::Sha),
    ("Version", Flag::Version),
    ("maxBrokerClients", Flag::MaxBrokerClients),
];
