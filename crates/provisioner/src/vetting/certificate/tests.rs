//! Certificates are made at test time; the one odd form is the recorded version 1 certificate of a reference deployment
//! (tests/wire/README.md).

use muster::security::key::pem as encode;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::PublicKeyData as _;
use rcgen::date_time_ymd;
use serde_json::Value;

use super::*;
use crate::config::NameRules;
use crate::vetting::csr;

/// 2026-11-21, while everything below is valid.
const NOW: i64 = 1_795_222_372;
/// 2026-01-01 and 2027-01-01.
const BEGIN: i64 = 1_767_225_600;
const END: i64 = 1_798_761_600;

struct Ca {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params
}

fn ca_params(name: &str, constraints: BasicConstraints) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(constraints);
    params
}

fn ca_with(constraints: BasicConstraints) -> Ca {
    let key = KeyPair::generate().unwrap();
    let params = ca_params("ca.example.net", constraints);
    let pem = params.self_signed(&key).unwrap().pem();
    Ca {
        pem,
        issuer: Issuer::new(params, key),
    }
}

fn ca() -> Ca {
    ca_with(BasicConstraints::Unconstrained)
}

fn identity() -> Identity {
    Identity::new("n1.example.net").unwrap()
}

fn vetted(key: &KeyPair) -> VettedCsr {
    let spki = key.subject_public_key_info();
    VettedCsr {
        key_digest: csr::key_digest(&spki),
        spki,
        names: vec!["n1.example.net".to_owned()],
        der: Vec::new(),
    }
}

fn sign(params: &CertificateParams, key: &KeyPair, ca: &Ca) -> String {
    params.signed_by(key, &ca.issuer).unwrap().pem()
}

/// Judges a certificate with these parameters, freshly signed.
fn judged(params: &CertificateParams, now: i64) -> Result<VettedCertificate, CertificateRefusal> {
    let (ca, key) = (ca(), KeyPair::generate().unwrap());
    let certificate = sign(params, &key, &ca);
    check(&certificate, &ca.pem, &vetted(&key), &identity(), now)
}

#[test]
fn a_fitting_certificate_is_described() {
    let (ca, key) = (ca(), KeyPair::generate().unwrap());
    let mut params = params("N1.example.net");
    params.serial_number = Some(rcgen::SerialNumber::from_slice(&[0x7f, 1]));
    let certificate = sign(&params, &key, &ca);
    let found = check(&certificate, &ca.pem, &vetted(&key), &identity(), NOW).unwrap();
    let der = pem::parse(&certificate).unwrap().into_contents();
    assert_eq!(
        found,
        VettedCertificate {
            names_fit: true,
            names: vec!["N1.example.net".to_owned()],
            not_before: BEGIN,
            not_after: END,
            fingerprint: hex::encode(digest::digest(&digest::SHA256, &der)),
            serial: "7f01".to_owned(),
        }
    );
}

#[test]
fn a_certificate_for_another_name_is_told_apart() {
    assert!(!judged(&params("n2.example.net"), NOW).unwrap().names_fit);
    let mut alternative = params("n2.example.net");
    alternative.subject_alt_names.push(rcgen::SanType::DnsName(
        "n1.example.net".try_into().unwrap(),
    ));
    assert!(judged(&alternative, NOW).unwrap().names_fit);
}

#[test]
fn a_name_that_steers_a_terminal_is_told_without_doing_so() {
    let mut params = params("n1.example.net");
    params
        .distinguished_name
        .push(DnType::CommonName, "n1\u{1b}[2J");
    let vetted = judged(&params, NOW).unwrap();
    assert_eq!(vetted.names, ["n1\u{fffd}[2J", "n1.example.net"]);
}

#[test]
fn the_recorded_version_1_certificate_of_a_site_helper_fits() {
    let text = include_str!("../../../../../tests/wire/v1-provisioning.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let messages = &all["scenarios"][46]["messages"];
    let field = |message: usize, name: &str| {
        let data = &messages[message]["decoded"]["body"]["data"];
        data[name].as_str().unwrap().to_owned()
    };
    let identity = Identity::new("cap1.example.net").unwrap();
    let rules = NameRules {
        deny: Vec::new(),
        allow: None,
    };
    let vetted = csr::check(&field(6, "csr"), &identity, &rules).unwrap();
    let (certificate, ca) = (field(7, "certificate"), field(7, "ca"));
    let recorded_at = 1_795_230_000;
    let found = check(&certificate, &ca, &vetted, &identity, recorded_at).unwrap();
    assert!(found.names_fit);
    let other = self::ca().pem;
    assert_eq!(
        check(&certificate, &other, &vetted, &identity, recorded_at),
        Err(CertificateRefusal::Node(CertificateError::ForeignCa))
    );
}

#[test]
fn a_certificate_for_another_key_is_refused() {
    let (ca, key) = (ca(), KeyPair::generate().unwrap());
    let certificate = sign(&params("n1.example.net"), &key, &ca);
    let other = vetted(&KeyPair::generate().unwrap());
    assert_eq!(
        check(&certificate, &ca.pem, &other, &identity(), NOW),
        Err(CertificateRefusal::ForeignKey)
    );
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let (ca, key) = (ca(), KeyPair::generate().unwrap());
    let certificate = sign(&params("n1.example.net"), &key, &ca);
    let other = self::ca().pem;
    assert_eq!(
        check(&certificate, &other, &vetted(&key), &identity(), NOW),
        Err(CertificateRefusal::Node(CertificateError::ForeignCa))
    );
    let both = format!("{other}{}", ca.pem);
    check(&certificate, &both, &vetted(&key), &identity(), NOW).unwrap();
}

#[test]
fn texts_that_are_no_certificates_are_refused() {
    let (ca, key) = (ca(), KeyPair::generate().unwrap());
    let certificate = sign(&params("n1.example.net"), &key, &ca);
    let refused = |certificate: &str, ca: &str| {
        check(certificate, ca, &vetted(&key), &identity(), NOW).unwrap_err()
    };
    for (certificate, ca) in [
        ("", ca.pem.as_str()),
        (&certificate, "junk"),
        (&format!("{certificate}{}", key.serialize_pem()), &ca.pem),
        (&encode("CERTIFICATE", b"junk"), &ca.pem),
    ] {
        assert!(matches!(
            refused(certificate, ca),
            CertificateRefusal::Node(
                CertificateError::NotPem { .. } | CertificateError::NotX509 { .. }
            )
        ));
    }
    let large = "x".repeat(LARGEST_CERTIFICATE + 1);
    assert!(matches!(
        refused(&large, &ca.pem),
        CertificateRefusal::TooLarge { .. }
    ));
    let large = "x".repeat(LARGEST_CA + 1);
    assert!(matches!(
        refused(&certificate, &large),
        CertificateRefusal::TooLarge { .. }
    ));
}

#[test]
fn intermediates_may_stand_in_either_text() {
    let (ca, key) = (ca(), KeyPair::generate().unwrap());
    let middle_key = KeyPair::generate().unwrap();
    let middle = ca_params("middle.example.net", BasicConstraints::Constrained(0));
    let middle_pem = sign(&middle, &middle_key, &ca);
    let issuer = Issuer::new(middle, middle_key);
    let leaf = params("n1.example.net").signed_by(&key, &issuer).unwrap();
    let leaf = leaf.pem();
    let judge = |leaf: &str, ca: &str| check(leaf, ca, &vetted(&key), &identity(), NOW).map(|_| ());
    assert_eq!(judge(&format!("{leaf}{middle_pem}"), &ca.pem), Ok(()));
    assert_eq!(judge(&leaf, &format!("{middle_pem}{}", ca.pem)), Ok(()));
    assert_eq!(judge(&leaf, &format!("{}{middle_pem}", ca.pem)), Ok(()));
    assert_eq!(
        judge(&leaf, &ca.pem),
        Err(CertificateRefusal::Node(CertificateError::ForeignCa))
    );
}

#[test]
fn ten_minutes_of_skew_are_granted_each_way() {
    let params = params("n1.example.net");
    for now in [BEGIN - 600, BEGIN, END, END + 600] {
        assert_eq!(judged(&params, now).map(|found| found.names_fit), Ok(true));
    }
    for now in [BEGIN - 601, END + 601] {
        assert_eq!(
            judged(&params, now),
            Err(CertificateRefusal::Node(CertificateError::NotNow))
        );
    }
}

#[test]
fn a_certificate_that_is_not_for_clients_is_refused() {
    let mut server = params("n1.example.net");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    assert_eq!(judged(&server, NOW), Err(CertificateRefusal::NotForClients));
    for usage in [
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::Any,
    ] {
        let mut fine = params("n1.example.net");
        fine.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, usage];
        judged(&fine, NOW).unwrap();
    }
}

#[test]
fn a_node_is_not_made_an_authority() {
    let authority = ca_params("n1.example.net", BasicConstraints::Unconstrained);
    assert_eq!(judged(&authority, NOW), Err(CertificateRefusal::Authority));
}

#[test]
fn a_chain_that_is_longer_than_an_authority_in_it_allows_is_refused() {
    let (ca, key) = (ca(), KeyPair::generate().unwrap());
    let (first_key, second_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let first = ca_params("first.example.net", BasicConstraints::Constrained(0));
    let second = ca_params("second.example.net", BasicConstraints::Constrained(0));
    let first_pem = sign(&first, &first_key, &ca);
    let first = Issuer::new(first, first_key);
    let second_pem = second.signed_by(&second_key, &first).unwrap().pem();
    let second = Issuer::new(second, second_key);
    let leaf = params("n1.example.net").signed_by(&key, &second).unwrap();
    let chain = format!("{}{second_pem}{first_pem}", leaf.pem());
    let verdict = check(&chain, &ca.pem, &vetted(&key), &identity(), NOW);
    assert!(
        matches!(verdict, Err(CertificateRefusal::Broker(_))),
        "{verdict:?}"
    );
}

#[test]
fn a_critical_extension_that_nobody_knows_is_refused() {
    let mut odd = params("n1.example.net");
    let mut extension = rcgen::CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    extension.set_criticality(true);
    odd.custom_extensions = vec![extension];
    assert!(matches!(
        judged(&odd, NOW),
        Err(CertificateRefusal::Broker(_))
    ));
}
