//! Certificates are made at test time; the one odd form is the recorded version 1 certificate of the reference.

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::date_time_ymd;

use super::*;

const NOW: i64 = 1_795_222_372;

struct Authority {
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

fn ca_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn authority(name: &str) -> Authority {
    let key = KeyPair::generate().unwrap();
    let params = ca_params(name);
    let pem = params.self_signed(&key).unwrap().pem();
    Authority {
        pem,
        issuer: Issuer::new(params, key),
    }
}

fn spki(key: &KeyPair) -> Vec<u8> {
    rcgen::PublicKeyData::subject_public_key_info(key)
}

#[test]
fn a_certificate_for_this_key_under_this_ca_fits() {
    let ca = authority("ca.example.net");
    let key = KeyPair::generate().unwrap();
    let certificate = params("n1.example.net")
        .signed_by(&key, &ca.issuer)
        .unwrap()
        .pem();
    let fitting = check(&certificate, &ca.pem, &spki(&key), NOW).unwrap();
    assert_eq!(fitting.names, ["n1.example.net"]);
}

#[test]
fn an_intermediate_in_the_certificate_file_completes_the_chain() {
    let ca = authority("ca.example.net");
    let middle_key = KeyPair::generate().unwrap();
    let middle = ca_params("middle.example.net");
    let middle_pem = middle.signed_by(&middle_key, &ca.issuer).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let leaf = params("n1.example.net")
        .signed_by(&key, &Issuer::new(middle, middle_key))
        .unwrap()
        .pem();
    assert_eq!(
        check(&leaf, &ca.pem, &spki(&key), NOW),
        Err(CertificateError::ForeignCa)
    );
    check(&format!("{leaf}{middle_pem}"), &ca.pem, &spki(&key), NOW).unwrap();
}

#[test]
fn every_reason_to_refuse_is_told_apart() {
    let ca = authority("ca.example.net");
    let other = authority("ca.example.net");
    let key = KeyPair::generate().unwrap();
    let foreign = KeyPair::generate().unwrap();
    let certificate = params("n1.example.net")
        .signed_by(&key, &ca.issuer)
        .unwrap()
        .pem();
    let refused = |certificate: &str, ca: &str, key: &KeyPair, now| {
        check(certificate, ca, &spki(key), now).unwrap_err()
    };
    assert_eq!(
        refused("junk", &ca.pem, &key, NOW),
        CertificateError::NotPem {
            what: "certificate"
        }
    );
    assert_eq!(
        refused(&certificate, "", &key, NOW),
        CertificateError::NotPem { what: "CA" }
    );
    assert_eq!(
        refused(&key.serialize_pem(), &ca.pem, &key, NOW),
        CertificateError::NotX509 {
            what: "certificate"
        }
    );
    assert_eq!(
        refused(&certificate, &ca.pem, &foreign, NOW),
        CertificateError::ForeignKey
    );
    assert_eq!(
        refused(&certificate, &other.pem, &key, NOW),
        CertificateError::ForeignCa
    );
    assert_eq!(
        refused(&certificate, &ca.pem, &key, 0),
        CertificateError::NotNow
    );
    assert_eq!(
        refused(&certificate, &ca.pem, &key, NOW * 2),
        CertificateError::NotNow
    );
}

#[test]
fn a_leaf_cannot_sign_another_certificate() {
    let ca = authority("ca.example.net");
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = params("leaf.example.net");
    let leaf_pem = leaf.signed_by(&leaf_key, &ca.issuer).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let forged = params("n1.example.net")
        .signed_by(&key, &Issuer::new(leaf, leaf_key))
        .unwrap()
        .pem();
    let chain = format!("{forged}{leaf_pem}");
    assert_eq!(
        check(&chain, &ca.pem, &spki(&key), NOW),
        Err(CertificateError::ForeignCa)
    );
}

#[test]
fn a_file_of_this_machine_may_hold_more_than_certificates() {
    let ca = authority("ca.example.net");
    let key = KeyPair::generate().unwrap();
    let leaf = params("n1.example.net").signed_by(&key, &ca.issuer);
    let combined = format!("{}{}", key.serialize_pem(), leaf.unwrap().pem());
    assert_eq!(chains(&combined, &ca.pem, NOW), Ok(()));
    assert_eq!(
        chains(&combined, &authority("other").pem, NOW),
        Err(CertificateError::ForeignCa)
    );
    assert_eq!(
        chains(&combined, &ca.pem, NOW * 2),
        Err(CertificateError::NotNow)
    );
    assert_eq!(
        chains("", &ca.pem, NOW),
        Err(CertificateError::NotPem {
            what: "certificate"
        })
    );
    assert_eq!(describe(&combined).unwrap().names, ["n1.example.net"]);
    assert_eq!(describe("junk"), None);
}
