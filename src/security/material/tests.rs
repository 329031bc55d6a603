//! Certificates are made at test time.

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::date_time_ymd;

use super::super::part::Part;
use super::*;

const NOW: i64 = 1_795_222_372;

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn params(name: &str, alternatives: &[&str]) -> CertificateParams {
    let names: Vec<String> = alternatives.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = params("ca", &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    fn pem(&self, name: &str, key: &KeyPair) -> Pem {
        let certificate = params(name, &[name]).signed_by(key, &self.issuer);
        Pem {
            certificate: certificate.unwrap().pem(),
            key: Secret::new(key.serialize_pem()),
            ca: self.pem.clone(),
        }
    }

    fn material(&self, name: &str) -> Material {
        let pem = self.pem(name, &KeyPair::generate().unwrap());
        Material::new(pem, &Terms::default()).unwrap()
    }
}

fn refused(pem: Pem) -> TlsError {
    Material::new(pem, &Terms::default()).unwrap_err()
}

#[test]
fn material_says_what_is_in_its_files() {
    let ca = Authority::new();
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let pem = ca.pem("n1.example.net", &key);
    let material = Material::new(pem.clone(), &Terms::default()).unwrap();
    assert!(material.is_of(&pem));
    assert_eq!(material.names[0], "n1.example.net");
    assert!(material.is_for("N1.example.net") && !material.is_for("n2.example.net"));
    assert_eq!(material.ca(), ca.pem);
    assert_eq!(material.certificate(), pem.certificate);
    assert_eq!(material.expires(), Some(1_798_761_600));
    let signing = material.signing_key().unwrap().public_spki();
    assert_eq!(
        signing,
        rcgen::PublicKeyData::subject_public_key_info(&key),
        "an RSA key signs"
    );
    assert!(!format!("{material:?}").contains("PRIVATE KEY"));
}

#[test]
fn a_key_that_is_not_rsa_is_enough_for_tls() {
    assert!(
        Authority::new()
            .material("n1.example.net")
            .signing_key()
            .is_none()
    );
}

#[test]
fn what_no_connection_can_be_made_with_is_refused_with_its_part() {
    let ca = Authority::new();
    let key = KeyPair::generate().unwrap();
    let good = ca.pem("n1.example.net", &key);
    let with = |change: &dyn Fn(&mut Pem)| {
        let mut pem = good.clone();
        change(&mut pem);
        refused(pem).part()
    };
    let junk = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    assert_eq!(
        with(&|pem| pem.certificate.clear()),
        Some(Part::Certificate)
    );
    assert_eq!(
        with(&|pem| junk.clone_into(&mut pem.certificate)),
        Some(Part::Certificate)
    );
    assert_eq!(
        with(&|pem| pem.key = Secret::new(String::new())),
        Some(Part::Key)
    );
    assert_eq!(with(&|pem| pem.ca.clear()), Some(Part::Ca));
    assert_eq!(with(&|pem| junk.clone_into(&mut pem.ca)), Some(Part::Ca));
    let foreign = KeyPair::generate().unwrap();
    let mut half = good.clone();
    half.key = Secret::new(foreign.serialize_pem());
    assert!(matches!(refused(half), TlsError::ForeignKey));
}

#[test]
fn doubts_about_a_certificate_are_no_reason_not_to_read_it() {
    let (ca, other) = (Authority::new(), Authority::new());
    let mut pem = ca.pem("n1.example.net", &KeyPair::generate().unwrap());
    let good = Material::new(pem.clone(), &Terms::default()).unwrap();
    assert_eq!(good.judge(NOW), Ok(()));
    assert_eq!(good.judge(NOW * 2), Err(CertificateError::NotNow));
    pem.ca.clone_from(&other.pem);
    let foreign = Material::new(pem, &Terms::default()).unwrap();
    assert_eq!(foreign.judge(NOW), Err(CertificateError::ForeignCa));
}

#[test]
fn a_successor_is_for_the_same_node() {
    let ca = Authority::new();
    let (old, other) = (ca.material("n1.example.net"), ca.material("n2.example.net"));
    let renewed = ca.material("N1.example.net");
    assert_eq!(renewed.succeeds(&old, "n1.example.net", NOW), Ok(()));
    let stranger = other.succeeds(&old, "n1.example.net", NOW).unwrap_err();
    assert!(matches!(
        stranger,
        NotASuccessor::AnotherIdentity { ref wanted, .. } if wanted == "n1.example.net"
    ));
    // the node has a certificate under another name, and keeps it
    assert_eq!(renewed.succeeds(&old, "n3.example.net", NOW), Ok(()));
    assert!(other.succeeds(&old, "n3.example.net", NOW).is_err());
    let ended = renewed.succeeds(&old, "n1.example.net", NOW * 2);
    assert_eq!(
        ended,
        Err(NotASuccessor::Certificate(CertificateError::NotNow))
    );
}

#[test]
fn a_ca_may_move_on_before_the_certificate_does() {
    let (ca, next) = (Authority::new(), Authority::new());
    let mut pem = ca.pem("n1.example.net", &KeyPair::generate().unwrap());
    let old = Material::new(pem.clone(), &Terms::default()).unwrap();
    pem.ca.clone_from(&next.pem);
    let moved = Material::new(pem, &Terms::default()).unwrap();
    assert_eq!(moved.succeeds(&old, "n1.example.net", NOW), Ok(()));
    let mut early = next.pem("n1.example.net", &KeyPair::generate().unwrap());
    early.ca.clone_from(&ca.pem);
    let early = Material::new(early, &Terms::default()).unwrap();
    assert_eq!(
        early.succeeds(&old, "n1.example.net", NOW),
        Err(NotASuccessor::Certificate(CertificateError::ForeignCa))
    );
}

#[test]
fn parameters_that_leave_nothing_are_refused() {
    let pem = Authority::new().pem("n1", &KeyPair::generate().unwrap());
    let terms = Terms {
        parameters: Parameters::named(&["TLS_NONSENSE".to_owned()], &[]),
        ..Terms::default()
    };
    let err = Material::new(pem, &terms).unwrap_err();
    assert!(matches!(err, TlsError::Provider(_)) && err.part().is_none());
}
