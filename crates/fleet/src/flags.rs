//! The build flags of the fleet's nodes, made at run time as `build.rs` makes those of the agent.

use std::path::Path;

use muster::build_info::BuildInfo;
use muster::build_info::Provisioning;
use muster::build_info::TokenVerifier;
use sha2::Digest as _;
use sha2::Sha256;

use crate::options::Options;
use crate::options::Tls;

/// The flags. An agent has them as constants, so what they name lives as long as the process; a process makes few fleets.
///
/// The token is kept as SHA-256 whatever it looks like: a verifier that is slow by intention would be most of what a node
/// costs.
#[must_use]
pub fn flags(options: &Options) -> BuildInfo {
    BuildInfo {
        build: "fleet",
        target: "defaults",
        version: env!("CARGO_PKG_VERSION"),
        sha: "unknown",
        build_date: "unknown",
        rustc: "unknown",
        triple: "unknown",
        tls: true,
        // requests in production are not signed: a load asks without certificates
        secure: false,
        default_collectives: &["mcollective"],
        client_identity_suffix: "mcollective",
        provisioning: provisioning(options),
    }
}

fn provisioning(options: &Options) -> Provisioning {
    Provisioning {
        brokers: Box::leak(Box::new([text(&options.broker.to_string())])),
        srv_domain: None,
        mode_default: true,
        agent: true,
        secure: match options.tls {
            Tls::Off => false,
            Tls::Unverified => true,
        },
        ca: None,
        tokens: match &options.token {
            Some(token) => Box::leak(Box::new([verifier(token.expose())])),
            None => &[],
        },
        registration_data: None,
        registration_subjects: &["provisioning.registration.data"],
        facts: options.facts.as_deref().and_then(Path::to_str).map(text),
        jwt_file: None,
        status_file: None,
        user: None,
        password: None,
        protocol_v2: false,
        allow_update: false,
    }
}

fn verifier(token: &str) -> TokenVerifier {
    let salt = [0; 16];
    let digest = Sha256::new()
        .chain_update(salt)
        .chain_update(token)
        .finalize()
        .into();
    TokenVerifier::Sha256 { salt, digest }
}

fn text(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[cfg(test)]
mod tests {
    use muster::secret::Secret;
    use muster::security::token::Tokens;

    use super::*;

    #[test]
    fn the_token_of_the_options_is_accepted_and_no_other() {
        let mut options = Options::new(1, "nats://127.0.0.1:4222".parse().unwrap());
        options.token = Some(Secret::new("s3cret".to_owned()));
        let tokens = Tokens::new(flags(&options).provisioning.tokens, &[7; 32]);
        assert!(tokens.check("s3cret"));
        assert!(!tokens.check("s3cre"));
    }

    #[test]
    fn without_a_token_anybody_may_act() {
        let options = Options::new(1, "nats://127.0.0.1:4222".parse().unwrap());
        assert!(flags(&options).provisioning.tokens.is_empty());
    }
}
