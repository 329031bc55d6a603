//! As what the node starts: one pure decision (design §3.1, spec 03 §3.3 and §3.4).
//!
//! | configuration file | `plugin.choria.server.provision` | provisioning JWT | brokers baked | default | decision |
//! |---|---|---|---|---|---|
//! | missing | | present | any | any | refuse: JWT not supported |
//! | missing | | absent | yes | any | provisioning |
//! | missing | | absent | no | any | refuse: nothing to start with |
//! | present | false | any | any | any | normal |
//! | present | true | present | any | any | refuse: JWT not supported |
//! | present | true | absent | yes | any | provisioning |
//! | present | true | absent | no | any | refuse: provisioning is not possible |
//! | present | not set | any | any | false | normal |
//! | present | not set | present | any | true | refuse: JWT not supported |
//! | present | not set | absent | yes | true | provisioning |
//! | present | not set | absent | no | true | refuse: provisioning is not possible |
//!
//! Normal mode is refused when the configuration asks for server tokens (`choria` provider or anonymous TLS), because
//! this build cannot check them. The reference has rows that delete credentials and rows that start an unverified
//! server on default settings; both are refusals here. No row changes anything on disk.

use std::fmt;

use crate::build_info::BuildInfo;

/// What the decision is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// Whether the build knows where to be provisioned.
    pub brokers: bool,
    /// `ProvisionModeDefault`.
    pub default: bool,
    /// Whether the provisioning JWT exists, where the build has a path for one.
    pub jwt: Jwt,
    /// The configuration file.
    pub config: Config,
}

/// The provisioning JWT on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jwt {
    /// The build has no path for one, or the file is missing.
    Absent,
    /// The file is there.
    Present,
}

/// What the configuration file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Config {
    /// There is no file.
    Missing,
    /// There is one.
    Present {
        /// `plugin.choria.server.provision`, where set.
        provision: Option<bool>,
        /// Whether it asks for server tokens.
        server_tokens: bool,
    },
}

/// As what the node starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Wait for a provisioner.
    Provisioning(Why),
    /// An ordinary managed node.
    Normal(Why),
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There is no configuration file and the build can provision.
    NoConfiguration,
    /// The configuration says so.
    Configuration,
    /// The configuration says nothing and the build's default decides.
    BuildDefault,
}

/// Why the node does not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Nothing to start with.
    #[error("the configuration file was not found and provisioning is disabled in this build")]
    NothingToStartWith,
    /// Provisioning is asked for and impossible.
    #[error(
        "provisioning is asked for, but this build knows no provisioning brokers: set plugin.choria.server.provision = false or install a build with ProvisionBrokerURLs or ProvisionBrokerSRVDomain"
    )]
    CannotProvision,
    /// A provisioning JWT exists; it would change every provisioning setting.
    #[error(
        "a provisioning JWT is installed, and provisioning by JWT is not supported by this build"
    )]
    JwtNotSupported,
    /// The configuration asks for server tokens.
    #[error("the configuration asks for server tokens, which are not supported by this build")]
    ServerTokensNotSupported,
}

impl Situation {
    /// The build's side of the situation.
    #[must_use]
    pub const fn of(build: &BuildInfo, jwt: Jwt, config: Config) -> Self {
        Self {
            brokers: build.can_provision(),
            default: build.provisioning.mode_default,
            jwt,
            config,
        }
    }

    /// Decides.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for the situations in which no safe way to start exists.
    pub const fn decide(self) -> Result<Mode, Refusal> {
        match self.config {
            Config::Missing => match self.provision(Why::NoConfiguration) {
                Err(Refusal::CannotProvision) => Err(Refusal::NothingToStartWith),
                decided => decided,
            },
            Config::Present {
                provision: Some(true),
                ..
            } => self.provision(Why::Configuration),
            Config::Present {
                provision: None, ..
            } if self.default => self.provision(Why::BuildDefault),
            Config::Present {
                server_tokens: true,
                ..
            } => Err(Refusal::ServerTokensNotSupported),
            Config::Present {
                provision: Some(false),
                ..
            } => Ok(Mode::Normal(Why::Configuration)),
            Config::Present {
                provision: None, ..
            } => Ok(Mode::Normal(Why::BuildDefault)),
        }
    }

    const fn provision(self, why: Why) -> Result<Mode, Refusal> {
        match (self.jwt, self.brokers) {
            (Jwt::Present, _) => Err(Refusal::JwtNotSupported),
            (Jwt::Absent, true) => Ok(Mode::Provisioning(why)),
            (Jwt::Absent, false) => Err(Refusal::CannotProvision),
        }
    }
}

impl Mode {
    /// Whether the node waits for a provisioner.
    #[must_use]
    pub const fn is_provisioning(self) -> bool {
        matches!(self, Self::Provisioning(_))
    }

    /// `provisioning` or `normal`, as status file and log name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provisioning(_) => "provisioning",
            Self::Normal(_) => "normal",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoConfiguration => "there is no configuration file",
            Self::Configuration => "the configuration says so",
            Self::BuildDefault => "the configuration does not say and the build's default decides",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn file(provision: Option<bool>) -> Config {
        Config::Present {
            provision,
            server_tokens: false,
        }
    }

    fn decide(config: Config, jwt: Jwt, brokers: bool, default: bool) -> Result<Mode, Refusal> {
        Situation {
            brokers,
            default,
            jwt,
            config,
        }
        .decide()
    }

    macro_rules! row {
        ($name:ident, $config:expr, $jwt:expr, $brokers:expr, $default:expr => $decision:expr) => {
            #[test]
            fn $name() {
                for brokers in $brokers {
                    for default in $default {
                        for jwt in $jwt {
                            assert_eq!(decide($config, jwt, brokers, default), $decision);
                        }
                    }
                }
            }
        };
    }

    const ANY: [bool; 2] = [false, true];
    const ANY_JWT: [Jwt; 2] = [Jwt::Absent, Jwt::Present];

    row!(no_file_and_a_jwt_is_not_supported, Config::Missing, [Jwt::Present], ANY, ANY
        => Err(Refusal::JwtNotSupported));
    row!(no_file_and_brokers_is_provisioning, Config::Missing, [Jwt::Absent], [true], ANY
        => Ok(Mode::Provisioning(Why::NoConfiguration)));
    row!(no_file_and_no_brokers_is_refused, Config::Missing, [Jwt::Absent], [false], ANY
        => Err(Refusal::NothingToStartWith));
    row!(provision_false_is_normal_whatever_else, file(Some(false)), ANY_JWT, ANY, ANY
        => Ok(Mode::Normal(Why::Configuration)));
    row!(provision_true_with_a_jwt_is_not_supported, file(Some(true)), [Jwt::Present], ANY, ANY
        => Err(Refusal::JwtNotSupported));
    row!(provision_true_with_brokers_is_provisioning_whatever_the_default, file(Some(true)), [Jwt::Absent], [true], ANY
        => Ok(Mode::Provisioning(Why::Configuration)));
    row!(provision_true_without_brokers_is_not_a_zombie, file(Some(true)), [Jwt::Absent], [false], ANY
        => Err(Refusal::CannotProvision));
    row!(provision_unset_and_default_false_is_normal, file(None), ANY_JWT, ANY, [false]
        => Ok(Mode::Normal(Why::BuildDefault)));
    row!(provision_unset_and_default_true_with_a_jwt_is_not_supported, file(None), [Jwt::Present], ANY, [true]
        => Err(Refusal::JwtNotSupported));
    row!(provision_unset_and_default_true_with_brokers_is_provisioning, file(None), [Jwt::Absent], [true], [true]
        => Ok(Mode::Provisioning(Why::BuildDefault)));
    row!(provision_unset_and_default_true_without_brokers_is_not_a_zombie, file(None), [Jwt::Absent], [false], [true]
        => Err(Refusal::CannotProvision));

    #[test]
    fn a_normal_node_that_needs_server_tokens_is_refused() {
        let config = Config::Present {
            provision: Some(false),
            server_tokens: true,
        };
        assert_eq!(
            decide(config, Jwt::Absent, true, true),
            Err(Refusal::ServerTokensNotSupported)
        );
    }

    #[test]
    fn server_tokens_do_not_hinder_provisioning() {
        let config = Config::Present {
            provision: Some(true),
            server_tokens: true,
        };
        assert_eq!(
            decide(config, Jwt::Absent, true, false),
            Ok(Mode::Provisioning(Why::Configuration))
        );
    }
}
