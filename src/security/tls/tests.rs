//! Handshakes in memory against certificates made here.

use std::io;
use std::sync::Arc;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::KeyPair;
use rustls::ClientConnection;
use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::pki_types::ServerName;
use rustls::server::WebPkiClientVerifier;

use super::*;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "ca");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    fn issue(&self, common_name: &str, alt_names: &[&str]) -> (String, String) {
        let names: Vec<String> = alt_names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

fn server((chain, key): &(String, String), clients_of: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients_of {
        None => builder.with_no_client_auth(),
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            roots.add(ca.0.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let chain = certificates(chain, Part::Certificate).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    builder.with_single_cert(chain, key).unwrap()
}

/// Runs a handshake to its end on both sides.
fn handshake(client: &ClientConfig, server: ServerConfig, name: &str) -> Result<(), rustls::Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(client.clone()), name).unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        server.read_tls(&mut io::Cursor::new(&wire)).unwrap();
        server.process_new_packets()?;
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        client.read_tls(&mut io::Cursor::new(&wire)).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

#[test]
fn an_unverified_peer_may_have_any_certificate_and_name() {
    let odd = Authority::new().issue("x", &["other.example.net"]);
    let tls = UnverifiedTls::new().unwrap();
    assert_eq!(
        handshake(tls.config(), server(&odd, None), "b.example.net"),
        Ok(())
    );
}

#[test]
fn a_verified_peer_needs_our_root_and_its_name() {
    let (ours, foreign) = (Authority::new(), Authority::new());
    let tls = VerifiedTls::new(&ours.pem(), Names::AltNames, None).unwrap();
    let verdict = |issuer: &Authority, alt_name: &str| {
        let peer = issuer.issue("b.example.net", &[alt_name]);
        handshake(tls.config(), server(&peer, None), "b.example.net")
    };
    assert_eq!(verdict(&ours, "b.example.net"), Ok(()));
    assert!(verdict(&ours, "c.example.net").is_err());
    assert!(verdict(&foreign, "b.example.net").is_err());
}

#[test]
fn a_common_name_counts_only_where_it_is_asked_for_and_nothing_better_is_there() {
    let (ours, foreign) = (Authority::new(), Authority::new());
    let strict = VerifiedTls::new(&ours.pem(), Names::AltNames, None).unwrap();
    let legacy = VerifiedTls::new(&ours.pem(), Names::LegacyCommonName, None).unwrap();
    let verdict = |tls: &VerifiedTls, peer: &(String, String)| {
        handshake(tls.config(), server(peer, None), "b.example.net").is_ok()
    };
    let bare = ours.issue("B.example.net", &[]);
    assert!(verdict(&legacy, &bare));
    assert!(!verdict(&strict, &bare));
    assert!(!verdict(&legacy, &ours.issue("c.example.net", &[])));
    assert!(!verdict(
        &legacy,
        &ours.issue("b.example.net", &["c.example.net"])
    ));
    assert!(!verdict(&legacy, &foreign.issue("b.example.net", &[])));
    assert!(verdict(&legacy, &ours.issue("c", &["b.example.net"])));
}

#[test]
fn a_client_certificate_is_shown_to_a_broker_that_asks() {
    let ca = Authority::new();
    let peer = ca.issue("b", &["b.example.net"]);
    let (chain, key) = ca.issue("n1", &["n1.example.net"]);
    let client = ClientCertificate::from_pem(&chain, &Secret::new(key)).unwrap();
    let with = VerifiedTls::new(&ca.pem(), Names::AltNames, Some(client)).unwrap();
    let without = VerifiedTls::new(&ca.pem(), Names::AltNames, None).unwrap();
    let verdict = |tls: &VerifiedTls| {
        handshake(tls.config(), server(&peer, Some(&ca)), "b.example.net").is_ok()
    };
    assert!(verdict(&with));
    assert!(!verdict(&without));
}

#[test]
fn only_what_was_chosen_is_offered() {
    let ca = Authority::new();
    let peer = ca.issue("b", &["b.example.net"]);
    let verdict = |suite: &str| {
        let parameters = Parameters::named(&[suite.to_owned()], &["CurveP384".to_owned()]);
        let tls = VerifiedTls::with(&ca.pem(), Names::AltNames, None, &parameters).unwrap();
        let offered = tls.config().crypto_provider();
        assert_eq!(offered.kx_groups.len(), 1);
        let picky = Parameters::named(&["TLS_AES_256_GCM_SHA384".to_owned()], &[]);
        let server = ServerConfig::builder_with_provider(picky.provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(server(&peer, None).cert_resolver);
        handshake(tls.config(), server, "b.example.net").is_ok()
    };
    assert!(verdict("TLS_AES_256_GCM_SHA384"));
    assert!(!verdict("TLS_AES_128_GCM_SHA256"));
    let nothing = Parameters::named(&[], &["CurveP521".to_owned()]);
    let refused = VerifiedTls::with(&ca.pem(), Names::AltNames, None, &nothing).unwrap_err();
    assert!(matches!(refused, TlsError::Provider(_)));
}

#[test]
fn unusable_pem_is_refused_with_its_reason() {
    let ca = Authority::new();
    let verdict = |ca: &str| VerifiedTls::new(ca, Names::AltNames, None).unwrap_err();
    assert!(matches!(verdict(""), TlsError::Empty { part: Part::Ca }));
    let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    assert!(matches!(
        verdict(broken),
        TlsError::Pem { part: Part::Ca, .. }
    ));
    let not_one = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(verdict(not_one), TlsError::Root(_)));

    let (chain, _) = ca.issue("n1", &[]);
    let (_, foreign_key) = ca.issue("n2", &[]);
    let none = ClientCertificate::from_pem(&chain, &Secret::new(String::new())).unwrap_err();
    assert!(matches!(none, TlsError::NoKey));
    let locked =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let locked = ClientCertificate::from_pem(&chain, &Secret::new(locked.to_owned())).unwrap_err();
    assert!(matches!(locked, TlsError::NoKey));
    let broken = "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n";
    let broken = ClientCertificate::from_pem(&chain, &Secret::new(broken.to_owned())).unwrap_err();
    assert_eq!(broken.part(), Some(Part::Key));
    let foreign = ClientCertificate::from_pem(&chain, &Secret::new(foreign_key)).unwrap();
    let refused = VerifiedTls::new(&ca.pem(), Names::AltNames, Some(foreign)).unwrap_err();
    assert!(matches!(refused, TlsError::ForeignKey));
}
