//! Requests are made at test time; what no library makes is put together from DER by hand. The recorded one is that of an
//! unmodified reference node (tests/wire/README.md).

use muster::security::key::pem as encode;
use rcgen::Attribute;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CustomExtension;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rcgen::PublicKeyData as _;
use rcgen::SanType;
use regex::Regex;

use super::*;
use crate::config::AllowedNames;

fn identity() -> Identity {
    Identity::new("n1.example.net").unwrap()
}

fn denying() -> NameRules {
    NameRules {
        deny: vec![Regex::new(r"(?i)\.choria$").unwrap()],
        allow: None,
    }
}

fn allowing(patterns: &[&str]) -> NameRules {
    NameRules {
        deny: denying().deny,
        allow: Some(AllowedNames {
            identity: true,
            patterns: patterns.iter().map(|p| Regex::new(p).unwrap()).collect(),
        }),
    }
}

fn params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "n1.example.net");
    params
}

fn request(params: &CertificateParams) -> String {
    let key = KeyPair::generate().unwrap();
    params.serialize_request(&key).unwrap().pem().unwrap()
}

fn with_names(names: Vec<SanType>) -> String {
    let mut params = params();
    params.subject_alt_names = names;
    request(&params)
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

fn refused(pem: &str) -> CsrRefusal {
    check(pem, &identity(), &denying()).unwrap_err()
}

fn recorded(field: &str) -> String {
    let text = include_str!("../../../../../tests/wire/v1-provisioning.json");
    let all: serde_json::Value = serde_json::from_str(text).unwrap();
    let data = &all["scenarios"][46]["messages"][6]["decoded"]["body"]["data"];
    data[field].as_str().unwrap().to_owned()
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            out.push(0x82);
            out.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    out.extend(content);
    out
}

fn subject(names: &[&str]) -> Vec<u8> {
    let sets: Vec<Vec<u8>> = names
        .iter()
        .map(|name| {
            let value = der(0x0c, &[name.as_bytes()]);
            der(0x31, &[&der(0x30, &[&[6, 3, 0x55, 4, 3], &value])])
        })
        .collect();
    let sets: Vec<&[u8]> = sets.iter().map(Vec::as_slice).collect();
    der(0x30, &sets)
}

/// A request with a signature that proves nothing, made with `algorithm` (DER of an object identifier).
fn crude(names: &[&str], spki: &[u8], algorithm: &[u8]) -> String {
    let info = der(0x30, &[&[2, 1, 0], &subject(names), spki, &[0xa0, 0]]);
    let algorithm = der(0x30, &[algorithm, &[5, 0]]);
    let signature = der(3, &[&[0; 65]]);
    encode(
        "CERTIFICATE REQUEST",
        &der(0x30, &[&info, &algorithm, &signature]),
    )
}

fn spki(algorithm: &[&[u8]], key: &[u8]) -> Vec<u8> {
    der(0x30, &[&der(0x30, algorithm), &der(3, &[&[0], key])])
}

fn rsa(bits: usize, exponent: &[u8]) -> Vec<u8> {
    let mut modulus = vec![0xff; bits / 8];
    modulus.insert(0, 0);
    let key = der(0x30, &[&der(2, &[&modulus]), &der(2, &[exponent])]);
    spki(&[RSA, &[5, 0]], &key)
}

fn refused_key(spki: &[u8]) -> CsrRefusal {
    refused(&crude(&["n1.example.net"], spki, SHA256_WITH_RSA))
}

const RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const SHA256_WITH_RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
const SHA1_WITH_RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5];
const MD5_WITH_RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4];

#[test]
fn the_request_of_a_reference_node_is_vetted() {
    let identity = Identity::new("cap1.example.net").unwrap();
    let vetted = check(&recorded("csr"), &identity, &denying()).unwrap();
    assert_eq!(vetted.names, ["cap1.example.net"]);
    assert_eq!(
        hex::encode(vetted.key_digest),
        hex::encode(digest::digest(&digest::SHA256, &vetted.spki))
    );
    assert_eq!(check_public_key(&vetted, &recorded("public_key")), Ok(()));
}

#[test]
fn the_request_of_a_muster_node_is_vetted() {
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let key = muster::security::key::RsaKey::new(key);
    let subject = muster::security::csr::Subject {
        common_name: "n1.example.net".to_owned(),
        unit: "Fleet".to_owned(),
        ..Default::default()
    };
    let pem = subject.request(&key).unwrap();
    let vetted = check(&pem, &identity(), &allowing(&[])).unwrap();
    assert_eq!(vetted.names, ["n1.example.net"]);
    assert_eq!(vetted.spki, key.public_spki());
    assert_eq!(check_public_key(&vetted, &key.public_pem()), Ok(()));
}

#[test]
fn every_kind_of_key_that_can_be_verified_is_signed() {
    for algorithm in [
        &rcgen::PKCS_RSA_SHA384,
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ED25519,
    ] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let pem = params().serialize_request(&key).unwrap().pem().unwrap();
        let vetted = check(&pem, &identity(), &denying()).unwrap();
        assert_eq!(vetted.spki, key.subject_public_key_info());
    }
}

#[test]
fn a_text_that_is_not_exactly_one_request_is_refused() {
    let good = with_names(Vec::new());
    let block = pem::parse(&good).unwrap();
    let labelled = |label: &str| encode(label, block.contents());
    check(
        &labelled("NEW CERTIFICATE REQUEST"),
        &identity(),
        &denying(),
    )
    .unwrap();
    assert_eq!(refused(" \n"), CsrRefusal::Missing);
    assert_eq!(refused(&"x".repeat(LARGEST + 1)), CsrRefusal::TooLarge);
    assert_eq!(refused("junk"), CsrRefusal::NotPem);
    assert_eq!(refused(&format!("hello\n{good}")), CsrRefusal::NotPem);
    assert_eq!(refused(&format!("{good}trailer")), CsrRefusal::NotPem);
    assert_eq!(
        refused(&format!("{good}{good}")),
        CsrRefusal::MoreThanOneBlock
    );
    assert!(matches!(
        refused(&labelled("CERTIFICATE")),
        CsrRefusal::WrongLabel { .. }
    ));
    let mut trailing = block.contents().to_vec();
    trailing.push(0);
    for der in [b"hello".as_slice(), &trailing] {
        assert_eq!(
            refused(&encode("CERTIFICATE REQUEST", der)),
            CsrRefusal::NotACsr
        );
    }
}

#[test]
fn there_is_exactly_one_common_name_and_it_is_the_nodes() {
    let key = rsa(2048, &[1, 0, 1]);
    let of = |names: &[&str]| refused(&crude(names, &key, SHA256_WITH_RSA));
    assert_eq!(of(&[]), CsrRefusal::NoCommonName);
    assert_eq!(
        of(&["n1.example.net", "n1.example.net"]),
        CsrRefusal::MoreThanOneCommonName
    );
    assert_eq!(
        of(&["n2\n.example.net"]).to_string(),
        "common name n2\\n.example.net does not match identity n1.example.net"
    );
}

#[test]
fn a_request_whose_signature_is_not_that_of_its_key_is_refused() {
    let good = with_names(Vec::new());
    let mut der = pem::parse(&good).unwrap().into_contents();
    let at = der.len() - 1;
    der[at] ^= 1;
    assert_eq!(
        refused(&encode("CERTIFICATE REQUEST", &der)),
        CsrRefusal::NotProven
    );
    // an honest request whose key was exchanged for another
    let (own, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut der = params().serialize_request(&own).unwrap().der().to_vec();
    let (own, other) = (
        own.subject_public_key_info(),
        other.subject_public_key_info(),
    );
    let at = der.windows(own.len()).position(|w| w == own).unwrap();
    der[at..at + other.len()].copy_from_slice(&other);
    assert_eq!(
        refused(&encode("CERTIFICATE REQUEST", &der)),
        CsrRefusal::NotProven
    );
}

#[test]
fn a_signature_with_a_broken_hash_is_refused() {
    for algorithm in [SHA1_WITH_RSA, MD5_WITH_RSA] {
        let pem = crude(&["n1.example.net"], &rsa(2048, &[1, 0, 1]), algorithm);
        assert!(matches!(
            refused(&pem),
            CsrRefusal::SignatureAlgorithm { .. }
        ));
    }
}

#[test]
fn weak_and_odd_rsa_keys_are_refused() {
    let good: &[u8] = &[1, 0, 1];
    assert_eq!(
        refused_key(&rsa(1024, good)),
        CsrRefusal::RsaSize { bits: 1024 }
    );
    assert_eq!(
        refused_key(&rsa(8200, good)),
        CsrRefusal::RsaSize { bits: 8200 }
    );
    assert_eq!(refused_key(&rsa(2048, good)), CsrRefusal::NotProven);
    for exponent in [&[1][..], &[4], &[0], &[0x7f; 9], &[0x81]] {
        assert_eq!(
            refused_key(&rsa(2048, exponent)),
            CsrRefusal::RsaExponent,
            "{exponent:?}"
        );
    }
    assert_eq!(
        refused_key(&spki(&[RSA, &[5, 0]], b"junk")),
        CsrRefusal::KeyForm
    );
}

#[test]
fn other_curves_and_other_types_of_keys_are_refused() {
    let ec: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    let p521: &[u8] = &[6, 5, 0x2b, 0x81, 4, 0, 0x23];
    let secp256k1: &[u8] = &[6, 5, 0x2b, 0x81, 4, 0, 0x0a];
    for curve in [p521, secp256k1] {
        let key = spki(&[ec, curve], &[4; 133]);
        assert!(matches!(refused_key(&key), CsrRefusal::Curve { .. }));
    }
    assert_eq!(refused_key(&spki(&[ec], &[4; 65])), CsrRefusal::KeyForm);
    let ed25519: &[u8] = &[6, 3, 0x2b, 0x65, 0x70];
    assert_eq!(
        refused_key(&spki(&[ed25519], &[1; 31])),
        CsrRefusal::KeyForm
    );
    let ed448: &[u8] = &[6, 3, 0x2b, 0x65, 0x71];
    assert!(matches!(
        refused_key(&spki(&[ed448], &[1; 57])),
        CsrRefusal::KeyType { .. }
    ));
}

#[test]
fn every_dns_name_is_held_against_the_lists() {
    let pem = with_names(vec![dns("n1.example.net"), dns("www.example.net")]);
    let vetted = check(&pem, &identity(), &denying()).unwrap();
    assert_eq!(vetted.names, ["n1.example.net", "www.example.net"]);
    let denied = with_names(vec![dns("n1.example.net"), dns("root.CHORIA")]);
    assert_eq!(
        refused(&denied).to_string(),
        "root.CHORIA matches denied certificate pattern"
    );
    assert_eq!(
        check(&pem, &identity(), &allowing(&[])).unwrap_err(),
        CsrRefusal::Name(names::NameRefusal::NotAllowed {
            name: "www.example.net".to_owned()
        })
    );
    check(&pem, &identity(), &allowing(&[r"^www\..*$"])).unwrap();
}

#[test]
fn the_common_name_is_held_against_the_lists_too() {
    let identity = Identity::new("n1.choria").unwrap();
    let mut params = params();
    params
        .distinguished_name
        .push(DnType::CommonName, "n1.choria");
    assert!(matches!(
        check(&request(&params), &identity, &denying()),
        Err(CsrRefusal::Name(_))
    ));
}

#[test]
fn wildcards_and_names_that_are_none_are_refused() {
    assert!(matches!(
        refused(&with_names(vec![dns("*.example.net")])),
        CsrRefusal::Wildcard { .. }
    ));
    for name in ["", "a b", "n1.example.net\0.evil", "ip:10.0.0.1", "a..b"] {
        assert_eq!(
            check(
                &with_names(vec![dns(name)]),
                &identity(),
                &allowing(&["^.*$"])
            )
            .unwrap_err(),
            CsrRefusal::UnreadableName,
            "{name:?}"
        );
    }
}

#[test]
fn names_of_other_kinds_need_an_allow_list_that_has_them() {
    let ip = SanType::IpAddress("10.0.0.1".parse().unwrap());
    let email = SanType::Rfc822Name("root@example.net".try_into().unwrap());
    let uri = SanType::URI("https://example.net/".try_into().unwrap());
    for (name, written) in [
        (ip, "ip:10.0.0.1"),
        (email, "email:root@example.net"),
        (uri, "uri:https://example.net/"),
    ] {
        let pem = with_names(vec![name]);
        assert!(matches!(refused(&pem), CsrRefusal::KindOfName { .. }));
        assert!(matches!(
            check(&pem, &identity(), &allowing(&["^[a-z.]+$"])),
            Err(CsrRefusal::Name(_))
        ));
        let exactly = format!("^{}$", regex::escape(written));
        let vetted = check(&pem, &identity(), &allowing(&[&exactly])).unwrap();
        assert_eq!(vetted.names, ["n1.example.net", written]);
    }
}

#[test]
fn a_name_that_steers_a_terminal_is_refused_whatever_is_allowed() {
    let uri = SanType::URI("https://example.net/\u{1b}[2J".try_into().unwrap());
    let email = SanType::Rfc822Name("root\n@example.net".try_into().unwrap());
    for name in [uri, email] {
        let pem = with_names(vec![name]);
        assert_eq!(
            check(&pem, &identity(), &allowing(&["(?s)^.*$"])),
            Err(CsrRefusal::UnreadableName)
        );
    }
}

#[test]
fn an_email_address_in_the_subject_is_a_name_as_well() {
    let mut params = params();
    let email = DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]);
    params.distinguished_name.push(
        email,
        rcgen::DnValue::Ia5String("root@example.net".try_into().unwrap()),
    );
    assert!(matches!(
        refused(&request(&params)),
        CsrRefusal::KindOfName { .. }
    ));
}

#[test]
fn names_without_a_written_form_are_never_signed() {
    let general = |name: &[u8]| {
        let mut params = params();
        let list = der(0x30, &[name]);
        params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 17], list)];
        check(&request(&params), &identity(), &allowing(&["^.*$"])).unwrap_err()
    };
    let registered = der(0x88, &[&[0x2a, 3]]);
    let other = der(0xa0, &[&[6, 2, 0x2a, 3], &der(0xa0, &[&[12, 1, 65]])]);
    let directory = der(0xa4, &[&subject(&["n1.example.net"])]);
    for name in [registered, other, directory] {
        assert!(matches!(general(&name), CsrRefusal::UnsupportedName { .. }));
    }
    // an address of five bytes
    assert_eq!(general(&der(0x87, &[&[1; 5]])), CsrRefusal::UnreadableName);
}

#[test]
fn powers_over_others_are_refused() {
    let mut ca = params();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let mut signs = params();
    signs.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let mut revokes = params();
    revokes.key_usages = vec![KeyUsagePurpose::CrlSign];
    let mut answers = params();
    answers.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
    for asked in [ca, signs, revokes, answers] {
        assert!(matches!(
            refused(&request(&asked)),
            CsrRefusal::Power { .. }
        ));
    }
    let mut modest = params();
    modest.is_ca = IsCa::ExplicitNoCa;
    modest.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    modest.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    check(&request(&modest), &identity(), &denying()).unwrap();
}

#[test]
fn extensions_cannot_be_hidden_behind_others() {
    let names = |name: &str| der(0x30, &[&der(0x82, &[name.as_bytes()])]);
    let mut twice = params();
    twice.subject_alt_names = vec![dns("n1.example.net")];
    twice.custom_extensions = vec![CustomExtension::from_oid_content(
        &[2, 5, 29, 17],
        names("root.choria"),
    )];
    assert!(matches!(
        refused(&request(&twice)),
        CsrRefusal::DuplicateExtension { .. }
    ));
    let mut unreadable = params();
    unreadable.custom_extensions = vec![CustomExtension::from_oid_content(
        &[2, 5, 29, 19],
        vec![0x30, 3, 1],
    )];
    assert!(matches!(
        refused(&request(&unreadable)),
        CsrRefusal::Extension { .. }
    ));

    let extension = der(
        0x30,
        &[&[6, 3, 0x55, 0x1d, 0x11], &der(4, &[&names("root.choria")])],
    );
    let list = der(0x30, &[&extension]);
    let with = |base: &CertificateParams, oid: &'static [u64], values: Vec<u8>| {
        let key = KeyPair::generate().unwrap();
        let attribute = Attribute { oid, values };
        let made = base.serialize_request_with_attributes(&key, vec![attribute]);
        refused(&made.unwrap().pem().unwrap())
    };
    let (standard, microsoft): (&[u64], &[u64]) = (
        &[1, 2, 840, 113_549, 1, 9, 14],
        &[1, 3, 6, 1, 4, 1, 311, 2, 1, 14],
    );
    let mut one = params();
    one.subject_alt_names = vec![dns("n1.example.net")];
    assert_eq!(
        with(&one, standard, der(0x31, &[&list])),
        CsrRefusal::HiddenExtensions
    );
    assert_eq!(
        with(&params(), standard, der(0x31, &[&list, &list])),
        CsrRefusal::HiddenExtensions
    );
    assert_eq!(
        with(&params(), microsoft, der(0x31, &[&list])),
        CsrRefusal::HiddenExtensions
    );
}

#[test]
fn the_key_beside_the_request_must_be_the_one_in_it() {
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let pem = params().serialize_request(&key).unwrap().pem().unwrap();
    let vetted = check(&pem, &identity(), &denying()).unwrap();
    let spki = key.subject_public_key_info();
    for (label, bytes) in [
        ("PUBLIC KEY", spki.as_slice()),
        ("PUBLIC KEY", key.der_bytes()),
        ("RSA PUBLIC KEY", key.der_bytes()),
    ] {
        assert_eq!(check_public_key(&vetted, &encode(label, bytes)), Ok(()));
    }
    assert_eq!(check_public_key(&vetted, ""), Ok(()));
    let other = KeyPair::generate().unwrap().public_key_pem();
    for foreign in [other, "junk".to_owned(), encode("CERTIFICATE", &spki)] {
        assert_eq!(
            check_public_key(&vetted, &foreign),
            Err(CsrRefusal::AnotherKey)
        );
    }
    assert_eq!(
        check_public_key(&vetted, &"x".repeat(LARGEST + 1)),
        Err(CsrRefusal::TooLarge)
    );
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_vetting(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        drop(check(&encode("CERTIFICATE REQUEST", &bytes), &identity(), &denying()));
    }

    #[test]
    fn no_damage_to_a_request_changes_what_is_signed(at in 0_usize..10_000, flip in 1_u8..=255) {
        let text = recorded("csr");
        let mut der = pem::parse(&text).unwrap().into_contents();
        let identity = Identity::new("cap1.example.net").unwrap();
        let whole = check(&text, &identity, &denying()).unwrap();
        let at = at % der.len();
        der[at] ^= flip;
        // the parameters beside the signature are not signed, and nobody looks at them
        if let Ok(damaged) = check(&encode("CERTIFICATE REQUEST", &der), &identity, &denying()) {
            proptest::prop_assert_eq!((damaged.spki, damaged.names), (whole.spki, whole.names));
        }
    }
}
