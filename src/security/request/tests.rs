//! Certificates are made at test time; the one odd form is a public key of 1024 bits, which the library does not make.

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::date_time_ymd;
use regex::Regex;

use super::*;
use crate::protocol::names::CallerId;
use crate::protocol::v1::SecureRequest;
use crate::protocol::v1::Signature;

const NOW: i64 = 1_795_222_372;
const MESSAGE: &str = r#"{"protocol":"choria:request:1"}"#;

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

fn authority(name: &str) -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    Authority {
        pem,
        issuer: Issuer::new(params, key),
    }
}

fn rsa() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap()
}

fn trust() -> Trust {
    Trust {
        allowed: vec![Regex::new(r"\.mcollective$").unwrap()],
        privileged: vec![Regex::new(r"\.privileged.mcollective$").unwrap()],
    }
}

impl Authority {
    fn roots(&self) -> Roots {
        Roots::from_pem(self.pem.as_bytes()).unwrap()
    }

    /// PEM of a certificate with these parameters for this key.
    fn certify(&self, params: &CertificateParams, key: &KeyPair) -> String {
        params.signed_by(key, &self.issuer).unwrap().pem()
    }

    /// A request of `caller`, signed with a fresh key whose certificate has these parameters.
    fn request(&self, params: &CertificateParams) -> SecureRequest {
        let key = rsa();
        let certificate = self.certify(params, &key);
        Signer::from_pem(&certificate, &key.serialize_pem())
            .unwrap()
            .sign(MESSAGE.to_owned())
            .unwrap()
    }

    fn verdict(&self, caller: &str, request: &SecureRequest) -> Result<Verified, RequestError> {
        verdict(caller, request, &self.roots(), NOW)
    }
}

fn verdict(
    caller: &str,
    request: &SecureRequest,
    roots: &Roots,
    now: i64,
) -> Result<Verified, RequestError> {
    let Signature::X509 {
        signature,
        certificate,
    } = &request.signature
    else {
        panic!("unsigned");
    };
    trust().verify(
        &Signed {
            caller: &CallerId::new(caller).unwrap(),
            message: request.message.as_bytes(),
            signature,
            certificate,
        },
        roots,
        now,
    )
}

/// The same request with another certificate text.
fn with_certificate(request: &SecureRequest, text: impl FnOnce(&str) -> String) -> SecureRequest {
    let Signature::X509 {
        signature,
        certificate,
    } = &request.signature
    else {
        panic!("unsigned");
    };
    SecureRequest {
        message: request.message.clone(),
        signature: Signature::X509 {
            signature: signature.clone(),
            certificate: text(certificate),
        },
    }
}

#[test]
fn a_caller_is_believed_by_its_own_certificate() {
    let ca = authority("ca");
    let request = ca.request(&params("bob.mcollective"));
    assert_eq!(
        ca.verdict("choria=bob.mcollective", &request),
        Ok(Verified::Own)
    );
}

#[test]
fn what_was_signed_survives_the_wire() {
    let ca = authority("ca");
    let request = ca.request(&params("bob.mcollective"));
    let read = SecureRequest::decode(&request.encode()).unwrap();
    assert_eq!(
        ca.verdict("choria=bob.mcollective", &read),
        Ok(Verified::Own)
    );
}

#[test]
fn a_caller_is_believed_only_under_the_name_of_its_certificate() {
    let ca = authority("ca");
    let request = ca.request(&params("bob.mcollective"));
    for (caller, why) in [
        (
            "choria=eve.mcollective",
            RequestError::Name {
                names: "bob.mcollective".into(),
            },
        ),
        (
            "choria=BOB.mcollective",
            RequestError::Name {
                names: "bob.mcollective".into(),
            },
        ),
        ("up=bob.mcollective", RequestError::CallerKind),
        ("root=bob.mcollective", RequestError::CallerKind),
        ("choria=bob.mcollective anything", RequestError::Caller),
        ("bob.mcollective", RequestError::Caller),
    ] {
        assert_eq!(ca.verdict(caller, &request), Err(why), "{caller}");
    }
}

#[test]
fn a_wildcard_in_a_certificate_stands_for_itself() {
    let ca = authority("ca");
    let request = ca.request(&params("*.mcollective"));
    assert!(matches!(
        ca.verdict("choria=bob.mcollective", &request),
        Err(RequestError::Name { .. })
    ));
}

#[test]
fn the_common_name_counts_beside_other_alternative_names() {
    let ca = authority("ca");
    let mut params = params("localhost");
    params
        .distinguished_name
        .push(DnType::CommonName, "bob.mcollective");
    let request = ca.request(&params);
    assert_eq!(
        ca.verdict("choria=bob.mcollective", &request),
        Ok(Verified::Own)
    );
}

#[test]
fn a_name_that_is_not_on_the_allow_list_is_refused() {
    let ca = authority("ca");
    let request = ca.request(&params("n1.example.net"));
    assert_eq!(
        ca.verdict("choria=n1.example.net", &request),
        Err(RequestError::NotAllowed)
    );
}

#[test]
fn a_privileged_certificate_speaks_for_anybody() {
    let ca = authority("ca");
    let request = ca.request(&params("signer.privileged.mcollective"));
    for caller in ["choria=bob.mcollective", "up=bob", "choria=n1.example.net"] {
        assert_eq!(
            ca.verdict(caller, &request),
            Ok(Verified::Privileged),
            "{caller}"
        );
    }
    assert_eq!(ca.verdict("bob", &request), Err(RequestError::Caller));
}

#[test]
fn a_privileged_name_from_another_ca_is_worth_nothing() {
    let request = authority("theirs").request(&params("signer.privileged.mcollective"));
    assert_eq!(
        authority("ours").verdict("choria=bob.mcollective", &request),
        Err(RequestError::ForeignCa)
    );
}

#[test]
fn a_ca_of_the_same_name_is_another_ca() {
    let request = authority("ca").request(&params("bob.mcollective"));
    assert_eq!(
        authority("ca").verdict("choria=bob.mcollective", &request),
        Err(RequestError::ForeignCa)
    );
}

#[test]
fn a_certificate_counts_only_in_its_time() {
    let ca = authority("ca");
    let request = ca.request(&params("bob.mcollective"));
    let roots = ca.roots();
    let (begins, ends) = (1_767_225_600, 1_798_761_600);
    for (now, expected) in [
        (begins - 1, Err(RequestError::NotYetValid)),
        (begins, Ok(Verified::Own)),
        (ends, Ok(Verified::Own)),
        (ends + 1, Err(RequestError::Expired)),
        (0, Err(RequestError::NotYetValid)),
        (-1, Err(RequestError::NotYetValid)),
    ] {
        assert_eq!(
            verdict("choria=bob.mcollective", &request, &roots, now),
            expected,
            "{now}"
        );
    }
}

#[test]
fn the_usage_of_a_certificate_must_allow_clients() {
    let ca = authority("ca");
    for (usages, expected) in [
        (vec![], Ok(Verified::Own)),
        (vec![ExtendedKeyUsagePurpose::ClientAuth], Ok(Verified::Own)),
        (vec![ExtendedKeyUsagePurpose::Any], Ok(Verified::Own)),
        (
            vec![
                ExtendedKeyUsagePurpose::ServerAuth,
                ExtendedKeyUsagePurpose::ClientAuth,
            ],
            Ok(Verified::Own),
        ),
        (
            vec![ExtendedKeyUsagePurpose::ServerAuth],
            Err(RequestError::Usage),
        ),
        (
            vec![ExtendedKeyUsagePurpose::CodeSigning],
            Err(RequestError::Usage),
        ),
    ] {
        for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
            let mut params = params("bob.mcollective");
            params.extended_key_usages.clone_from(&usages);
            params.is_ca = is_ca;
            let request = ca.request(&params);
            assert_eq!(
                ca.verdict("choria=bob.mcollective", &request),
                expected,
                "{usages:?} {:?}",
                params.is_ca
            );
        }
    }
}

#[test]
fn an_intermediate_may_stand_between_and_a_stranger_beside() {
    let (ca, stranger) = (authority("ca"), authority("stranger"));
    let middle_key = KeyPair::generate().unwrap();
    let mut middle = params("middle");
    middle.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let middle_pem = ca.certify(&middle, &middle_key);
    let below = Authority {
        pem: String::new(),
        issuer: Issuer::new(middle, middle_key),
    };
    let alone = below.request(&params("bob.mcollective"));
    assert_eq!(
        ca.verdict("choria=bob.mcollective", &alone),
        Err(RequestError::ForeignCa)
    );
    let whole = with_certificate(&alone, |leaf| format!("{leaf}{}{middle_pem}", stranger.pem));
    assert_eq!(
        ca.verdict("choria=bob.mcollective", &whole),
        Ok(Verified::Own)
    );
    let swapped = with_certificate(&alone, |leaf| format!("{middle_pem}{leaf}"));
    assert_eq!(
        ca.verdict("choria=bob.mcollective", &swapped),
        Err(RequestError::NotRsa)
    );
}

#[test]
fn a_caller_cannot_issue_callers() {
    let ca = authority("ca");
    let eve_key = KeyPair::generate().unwrap();
    let eve = params("eve.mcollective");
    let eve_pem = ca.certify(&eve, &eve_key);
    let below = Authority {
        pem: String::new(),
        issuer: Issuer::new(eve, eve_key),
    };
    let request = with_certificate(&below.request(&params("bob.mcollective")), |leaf| {
        format!("{leaf}{eve_pem}")
    });
    ca.verdict("choria=bob.mcollective", &request).unwrap_err();
}

#[test]
fn the_signature_is_over_the_exact_request() {
    let ca = authority("ca");
    let request = ca.request(&params("bob.mcollective"));
    let mut changed = request.clone();
    changed.message.push(' ');
    assert_eq!(
        ca.verdict("choria=bob.mcollective", &changed),
        Err(RequestError::Signature)
    );
    let Signature::X509 {
        signature,
        certificate,
    } = request.signature
    else {
        panic!("unsigned");
    };
    for broken in [
        vec![],
        vec![0; 256],
        vec![0xff; 4096],
        signature.iter().rev().copied().collect(),
    ] {
        let request = SecureRequest {
            message: MESSAGE.to_owned(),
            signature: Signature::X509 {
                signature: broken,
                certificate: certificate.clone(),
            },
        };
        assert_eq!(
            ca.verdict("choria=bob.mcollective", &request),
            Err(RequestError::Signature)
        );
    }
}

#[test]
fn the_certificate_of_another_caller_does_not_fit_the_signature() {
    let ca = authority("ca");
    let bob = ca.request(&params("bob.mcollective"));
    let eve = ca.request(&params("eve.mcollective"));
    let Signature::X509 { certificate, .. } = eve.signature else {
        panic!("unsigned");
    };
    let mixed = with_certificate(&bob, |_| certificate);
    assert_eq!(
        ca.verdict("choria=eve.mcollective", &mixed),
        Err(RequestError::Signature)
    );
}

#[test]
fn a_certificate_without_an_rsa_key_is_refused_and_nothing_worse() {
    let ca = authority("ca");
    let signed = ca.request(&params("bob.mcollective"));
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ED25519] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let pem = ca.certify(&params("bob.mcollective"), &key);
        assert_eq!(
            ca.verdict(
                "choria=bob.mcollective",
                &with_certificate(&signed, |_| pem.clone())
            ),
            Err(RequestError::NotRsa)
        );
        assert!(matches!(
            Signer::from_pem(&pem, &key.serialize_pem()),
            Err(SignerError::Key(_))
        ));
    }
}

#[test]
fn a_weak_key_is_refused() {
    struct Weak(Vec<u8>);
    impl rcgen::PublicKeyData for Weak {
        fn der_bytes(&self) -> &[u8] {
            &self.0
        }
        fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
            &rcgen::PKCS_RSA_SHA256
        }
    }
    use base64::Engine as _;
    let key = Weak(
        base64::engine::general_purpose::STANDARD
            .decode(WEAK_KEY)
            .unwrap(),
    );
    let ca = authority("ca");
    let pem = params("bob.mcollective")
        .signed_by(&key, &ca.issuer)
        .unwrap()
        .pem();
    let request = with_certificate(&ca.request(&params("bob.mcollective")), |_| pem);
    assert_eq!(
        ca.verdict("choria=bob.mcollective", &request),
        Err(RequestError::KeySize { bits: 1024 })
    );
}

#[test]
fn what_is_no_certificate_is_refused() {
    let ca = authority("ca");
    let signed = ca.request(&params("bob.mcollective"));
    let verdict = |text: &str| {
        ca.verdict(
            "choria=bob.mcollective",
            &with_certificate(&signed, |_| text.to_owned()),
        )
    };
    for text in [
        "",
        "x",
        "insecure",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n",
        &rsa().serialize_pem(),
    ] {
        assert_eq!(verdict(text), Err(RequestError::Certificate), "{text}");
    }
    assert_eq!(
        verdict(&"x".repeat(1024 * 1024)),
        Err(RequestError::Large { limit: 64 * 1024 })
    );
    assert_eq!(
        verdict(&ca.pem.repeat(9)),
        Err(RequestError::Many { limit: 8 })
    );
}

#[test]
fn a_ca_file_that_vouches_for_nobody_is_an_error() {
    for (text, why) in [
        ("", RootsError::Empty),
        ("nothing", RootsError::Empty),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            RootsError::Unusable { number: 1 },
        ),
        (
            "-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n",
            RootsError::NotPem,
        ),
    ] {
        assert_eq!(Roots::from_pem(text.as_bytes()).unwrap_err(), why, "{text}");
    }
}

#[test]
fn a_signer_needs_the_key_of_its_certificate() {
    let ca = authority("ca");
    let (own, other) = (rsa(), rsa());
    let certificate = ca.certify(&params("bob.mcollective"), &own);
    let signer = Signer::from_pem(&certificate, &own.serialize_pem()).unwrap();
    assert_eq!(signer.names(), ["bob.mcollective"]);
    assert!(matches!(
        Signer::from_pem(&certificate, &other.serialize_pem()),
        Err(SignerError::ForeignKey)
    ));
    assert!(matches!(
        Signer::from_pem("x", &own.serialize_pem()),
        Err(SignerError::Certificate(_))
    ));
    assert!(matches!(
        Signer::from_pem(&certificate, "x"),
        Err(SignerError::Key(_))
    ));
}

/// RSA public key of 1024 bits, PKCS#1, made with `openssl genrsa 1024`; its private half is gone.
const WEAK_KEY: &str = "\
MIGJAoGBANTtVS93/Lf8n+3myr3oyVK8KskyQvN0+Gm0RbhnO4EUEHWpE4rLjFs9cPKU1PAektVVZX1/Dhy8BnIfSdlSKTb9m6Tk\
bVUk0GyoHoV6bbK5n1Fju0veMjZHOk8AxJeOBwnypzZXskM48tH296JKLTrks23j3NV+Z3WdFR9eH2G5AgMBAAE=";
