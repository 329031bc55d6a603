//! Which cipher suites and curves are offered: those of the library, or those among them that a configuration names
//! (spec 02 §3.5).
//!
//! Names are those of the reference, which are IANA's for suites, in any case. As there, the suites of TLS 1.2 and 1.3
//! are two sets: a list that names none of TLS 1.3 was written for TLS 1.2 and leaves TLS 1.3 as it is. The order is the
//! library's. A name without a counterpart here is left out; whoever reads the configuration warns about it and refuses
//! a list of which nothing remains.

use std::sync::Arc;

use rustls::SupportedCipherSuite;
use rustls::crypto::CryptoProvider;
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs;
use rustls::crypto::aws_lc_rs::cipher_suite;
use rustls::crypto::aws_lc_rs::kx_group;

/// What is offered in a handshake. The default is the library's choice.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    suites: Option<Vec<SupportedCipherSuite>>,
    curves: Option<Vec<&'static dyn SupportedKxGroup>>,
}

impl Parameters {
    /// The named cipher suites and curves, the library's choice for an empty list. Of a list with nothing known in it,
    /// nothing is left, and no connection can be configured with that.
    #[must_use]
    pub fn named(suites: &[String], curves: &[String]) -> Self {
        Self {
            suites: (!suites.is_empty()).then(|| chosen_suites(suites)),
            curves: (!curves.is_empty()).then(|| {
                let chosen = |name: &str| is_among(curves, name);
                let known = CURVES.iter().filter(|(name, _)| chosen(name));
                known.map(|(_, curve)| *curve).collect()
            }),
        }
    }

    /// Whether a name of a cipher suite means anything here.
    #[must_use]
    pub fn knows_suite(name: &str) -> bool {
        SUITES
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(canonical(name)))
    }

    /// Whether a name of a curve means anything here.
    #[must_use]
    pub fn knows_curve(name: &str) -> bool {
        CURVES
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// The crypto provider of the workspace, restricted to these.
    pub(super) fn provider(&self) -> Arc<CryptoProvider> {
        let mut provider = aws_lc_rs::default_provider();
        if let Some(suites) = &self.suites {
            provider.cipher_suites.clone_from(suites);
        }
        if let Some(curves) = &self.curves {
            provider.kx_groups.clone_from(curves);
        }
        Arc::new(provider)
    }
}

fn chosen_suites(names: &[String]) -> Vec<SupportedCipherSuite> {
    let named = |(known, _): &&(&str, SupportedCipherSuite)| is_among(names, known);
    let any = SUITES.iter().any(|suite| named(&suite));
    let any_of_1_3 = SUITES.iter().any(|suite| named(&suite) && is_1_3(&suite.1));
    let untouched = any && !any_of_1_3;
    SUITES
        .iter()
        .filter(|suite| named(suite) || untouched && is_1_3(&suite.1))
        .map(|(_, suite)| *suite)
        .collect()
}

const fn is_1_3(suite: &SupportedCipherSuite) -> bool {
    suite.tls13().is_some()
}

fn is_among(names: &[String], known: &str) -> bool {
    names
        .iter()
        .any(|name| canonical(name).eq_ignore_ascii_case(known))
}

/// The reference's language knows two suites by an older name as well.
fn canonical(name: &str) -> &str {
    match name {
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305" => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305" => "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        other => other,
    }
}

/// In the library's order of preference.
static SUITES: &[(&str, SupportedCipherSuite)] = &[
    (
        "TLS_AES_256_GCM_SHA384",
        cipher_suite::TLS13_AES_256_GCM_SHA384,
    ),
    (
        "TLS_AES_128_GCM_SHA256",
        cipher_suite::TLS13_AES_128_GCM_SHA256,
    ),
    (
        "TLS_CHACHA20_POLY1305_SHA256",
        cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
];

/// `CurveP521` is one of the reference's that the library does not have.
static CURVES: &[(&str, &dyn SupportedKxGroup)] = &[
    ("X25519", kx_group::X25519),
    ("CurveP256", kx_group::SECP256R1),
    ("CurveP384", kx_group::SECP384R1),
    ("X25519MLKEM768", kx_group::X25519MLKEM768),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn suites(names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let provider = Parameters::named(&names, &[]).provider();
        let suites = provider.cipher_suites.iter();
        suites.map(|suite| format!("{:?}", suite.suite())).collect()
    }

    #[test]
    fn without_names_the_library_chooses() {
        let ours = Parameters::named(&[], &[]).provider();
        let library = aws_lc_rs::default_provider();
        assert_eq!(ours.cipher_suites, library.cipher_suites);
        assert_eq!(ours.kx_groups.len(), library.kx_groups.len());
    }

    #[test]
    fn every_suite_of_the_library_has_its_name() {
        let known: Vec<_> = SUITES.iter().map(|(_, suite)| *suite).collect();
        assert_eq!(known, aws_lc_rs::default_provider().cipher_suites);
    }

    #[test]
    fn a_list_for_tls_1_2_leaves_tls_1_3_as_it_is() {
        let chosen = suites(&["tls_ecdhe_rsa_with_aes_128_gcm_sha256", "TLS_NONSENSE"]);
        assert_eq!(chosen.len(), 4, "{chosen:?}");
        assert!(chosen.contains(&"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".to_owned()));
    }

    #[test]
    fn a_list_that_names_tls_1_3_is_taken_as_it_is() {
        let chosen = suites(&[
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
            "TLS_AES_128_GCM_SHA256",
        ]);
        assert_eq!(
            chosen,
            [
                "TLS13_AES_128_GCM_SHA256",
                "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
            ]
        );
    }

    #[test]
    fn of_a_list_with_nothing_known_nothing_is_left() {
        assert!(suites(&["TLS_NONSENSE"]).is_empty());
        let curves = Parameters::named(&[], &["CurveP521".to_owned()]);
        assert!(curves.provider().kx_groups.is_empty());
        assert!(!Parameters::knows_curve("CurveP521") && Parameters::knows_curve("curvep256"));
    }
}
