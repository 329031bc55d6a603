//! The authority as the engine sees it, in a directory of the test's own.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use muster::secret::Secret;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::KeyPair;
use rcgen::SanType;
use regex::Regex;
use serde_json::json;
use tempfile::TempDir;
use upkeep::Blueprint;
use upkeep::KeyKind;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::*;
use crate::inventory::Inventory;
use crate::journal::SessionId;
use crate::vetting::certificate;

const NOW: i64 = 1_795_222_372;
const DAY: i64 = 86_400;
const TEMPLATE: &str = "[configuration]\nrole = '{{ facts.role | default \"none\" }}'\n";
const RENAMING: &str = "[configuration]\nidentity = '{{ facts.name }}'\n";

struct Site {
    folder: TempDir,
    builtin: Builtin,
}

impl Site {
    fn new(template: &str) -> Self {
        Self::with_key(template, KeyKind::P256)
    }

    fn with_key(template: &str, key: KeyKind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca_dir = folder.path().join("ca");
        let blueprint = Blueprint {
            common_name: "Test CA".to_owned(),
            validity: Duration::from_secs(86_400 * 3650),
            key,
        };
        upkeep::create(&ca_dir, &blueprint, NOW - DAY).unwrap();
        let template_file = folder.path().join("template.toml");
        put(&template_file, template);
        Self {
            builtin: Builtin {
                ca_dir,
                template: template_file,
                validity: Duration::from_secs(86_400 * 90),
            },
            folder,
        }
    }

    fn open(&self) -> Authority {
        self.open_with(Reissue::Ask)
    }

    fn open_with(&self, reissue: Reissue) -> Authority {
        Authority::open(&self.builtin, &rules(), reissue).unwrap()
    }

    fn directory(&self) -> Directory {
        Directory::new(&self.builtin.ca_dir)
    }

    fn ca(&self) -> &Path {
        &self.builtin.ca_dir
    }
}

fn put(path: &Path, text: &str) {
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn rules() -> NameRules {
    NameRules {
        deny: vec![Regex::new(r"(?i)\.choria$").unwrap()],
        allow: None,
    }
}

fn identity(name: &str) -> Identity {
    Identity::new(name).unwrap()
}

fn csr(name: &str, key: &KeyPair, others: &[&str]) -> CsrReply {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let others = others.iter();
    params.subject_alt_names = others
        .map(|name| SanType::DnsName((*name).try_into().unwrap()))
        .collect();
    CsrReply {
        csr: params.serialize_request(key).unwrap().pem().unwrap(),
        public_key: key.public_key_pem(),
        ssldir: "/etc/choria/ssl".to_owned(),
    }
}

fn case_of(name: &str, session: u8, key: &KeyPair) -> Case {
    Case {
        session: SessionId::new(&hex::encode([session; 16])).unwrap(),
        identity: identity(name),
        csr: Some(csr(name, key, &[])),
        inventory: Inventory::default(),
    }
}

fn with_facts(mut case: Case, facts: serde_json::Value) -> Case {
    let serde_json::Value::Object(facts) = facts else {
        panic!("facts are a map")
    };
    case.inventory.facts = facts;
    case
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

async fn outfit(authority: &Authority, case: &Case) -> Outfit {
    match authority.decide(case, NOW).await.unwrap() {
        Decision::Configure(outfit) => *outfit,
        other => panic!("{other:?}"),
    }
}

async fn deferred(authority: &Authority, case: &Case) -> String {
    match authority.decide(case, NOW).await.unwrap() {
        Decision::Defer { message, .. } => message,
        other => panic!("{other:?}"),
    }
}

async fn blamed(authority: &Authority, case: &Case) -> Blame {
    authority.decide(case, NOW).await.unwrap_err().blame
}

/// What the engine will do with the answer.
fn judge(outfit: &Outfit, case: &Case, name: &str) -> certificate::VettedCertificate {
    let reply = case.csr.as_ref().unwrap();
    let vetted = csr::check(&reply.csr, &case.identity, &rules()).unwrap();
    let found = certificate::check(
        &outfit.certificate,
        &outfit.ca,
        &vetted,
        &identity(name),
        NOW,
    );
    let found = found.unwrap();
    assert!(found.names_fit);
    found
}

fn serial_of(outfit: &Outfit) -> String {
    let der = pem::parse(&outfit.certificate).unwrap().into_contents();
    let (_, leaf) = X509Certificate::from_der(&der).unwrap();
    hex::encode(leaf.raw_serial())
}

#[tokio::test]
async fn a_certificate_passes_the_vetting_of_certificates() {
    for (kind, algorithm) in [
        (KeyKind::P256, &rcgen::PKCS_RSA_SHA256),
        (KeyKind::Rsa3072, &rcgen::PKCS_ECDSA_P256_SHA256),
        (KeyKind::P256, &rcgen::PKCS_ED25519),
        (KeyKind::P256, &rcgen::PKCS_ECDSA_P384_SHA384),
    ] {
        let site = Site::with_key(TEMPLATE, kind);
        let key = KeyPair::generate_for(algorithm).unwrap();
        let case = with_facts(case_of("n1.example.net", 1, &key), json!({"role": "db"}));
        let outfit = outfit(&site.open(), &case).await;
        let found = judge(&outfit, &case, "n1.example.net");
        assert_eq!(found.not_before, NOW - 600);
        assert_eq!(found.not_after, NOW + 90 * DAY);
        assert_eq!(found.serial.len(), 32);
        assert_eq!(outfit.configuration["role"], "db");
        assert_eq!(
            outfit.configuration["plugin.choria.server.provision"],
            "false"
        );
    }
}

#[tokio::test]
async fn a_certificate_is_for_a_node_and_for_nothing_else() {
    let site = Site::new(TEMPLATE);
    let rsa = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    for (key, enciphers) in [(key(), false), (rsa, true)] {
        let mut case = case_of("n1.example.net", u8::from(enciphers), &key);
        case.csr = Some(csr("n1.example.net", &key, &["www.example.net"]));
        let outfit = outfit(&site.open(), &case).await;
        let der = pem::parse(&outfit.certificate).unwrap().into_contents();
        let (_, leaf) = X509Certificate::from_der(&der).unwrap();
        let usage = leaf.key_usage().unwrap().unwrap().value;
        assert!(usage.digital_signature() && !usage.key_cert_sign());
        assert_eq!(usage.key_encipherment(), enciphers);
        let extended = leaf.extended_key_usage().unwrap().unwrap().value;
        assert!(extended.client_auth && extended.server_auth);
        assert!(!leaf.basic_constraints().unwrap().unwrap().value.ca);
        let names = judge(&outfit, &case, "n1.example.net").names;
        assert_eq!(names, ["n1.example.net", "www.example.net"]);
    }
}

#[tokio::test]
async fn a_certificate_does_not_outlive_its_authority() {
    let mut site = Site::new(TEMPLATE);
    site.builtin.validity = Duration::from_secs(86_400 * 365 * 50);
    let case = case_of("n1", 1, &key());
    let outfit = outfit(&site.open(), &case).await;
    assert_eq!(
        judge(&outfit, &case, "n1").not_after,
        NOW - DAY + 3650 * DAY
    );
}

#[tokio::test]
async fn the_same_session_gets_the_same_bytes_also_from_whoever_opens_it_later() {
    let site = Site::new(TEMPLATE);
    let case = case_of("n1.example.net", 1, &key());
    let first = outfit(&site.open(), &case).await;
    let authority = site.open();
    assert_eq!(outfit(&authority, &case).await, first);
    let mut other = case.clone();
    other.session = SessionId::new(&hex::encode([2; 16])).unwrap();
    assert_ne!(outfit(&authority, &other).await, first);
    assert_eq!(upkeep::list(site.ca()).unwrap().len(), 2);
}

#[tokio::test]
async fn two_who_ask_for_the_same_session_at_once_get_one_certificate() {
    let site = Site::new(TEMPLATE);
    let authority = site.open();
    let case = case_of("n1.example.net", 1, &key());
    let (one, two) = tokio::join!(outfit(&authority, &case), outfit(&authority, &case));
    assert_eq!(one, two);
    assert_eq!(upkeep::list(site.ca()).unwrap().len(), 1);
}

#[tokio::test]
async fn two_authorities_in_one_directory_share_the_ledger() {
    let site = Site::new(TEMPLATE);
    let (one, two) = (site.open(), site.open());
    let case = case_of("n1.example.net", 1, &key());
    assert_eq!(outfit(&one, &case).await, outfit(&two, &case).await);
}

#[tokio::test]
async fn a_torn_line_costs_nobody_but_itself() {
    let site = Site::new(TEMPLATE);
    let case = case_of("n1.example.net", 1, &key());
    let first = outfit(&site.open(), &case).await;
    let file = std::fs::OpenOptions::new()
        .append(true)
        .open(site.directory().ledger());
    file.unwrap().write_all(b"{\"kind\":\"issued\",").unwrap();
    let authority = site.open();
    assert_eq!(outfit(&authority, &case).await, first);
    outfit(&authority, &case_of("n2.example.net", 2, &key())).await;
    assert_eq!(upkeep::list(site.ca()).unwrap().len(), 2);
}

#[tokio::test]
async fn nothing_is_signed_that_is_not_vetted() {
    let site = Site::new(TEMPLATE);
    let authority = site.open();
    let mut denied = case_of("n1.example.net", 1, &key());
    denied.csr = Some(csr("n1.example.net", &key(), &["root.choria"]));
    let mut foreign = case_of("n1.example.net", 1, &key());
    foreign.identity = identity("n2.example.net");
    let mut contradicting = case_of("n1.example.net", 1, &key());
    if let Some(reply) = &mut contradicting.csr {
        reply.public_key = key().public_key_pem();
    }
    for case in [denied, foreign, contradicting] {
        assert_eq!(blamed(&authority, &case).await, Blame::Case);
    }
    assert!(upkeep::list(site.ca()).unwrap().is_empty());
}

#[tokio::test]
async fn a_node_without_a_request_gets_a_configuration_only() {
    let site = Site::new(TEMPLATE);
    let mut case = case_of("n1", 1, &key());
    case.csr = None;
    let outfit = outfit(&site.open(), &case).await;
    assert!(outfit.certificate.is_empty() && outfit.ca.is_empty());
    assert_eq!(outfit.configuration["role"], "none");
}

#[tokio::test]
async fn a_missing_fact_defers_and_nothing_is_issued() {
    let site = Site::new(RENAMING);
    let message = deferred(&site.open(), &case_of("n1", 1, &key())).await;
    assert!(message.contains("fact name"), "{message}");
    assert!(upkeep::list(site.ca()).unwrap().is_empty());
}

#[tokio::test]
async fn a_renamed_node_gets_a_certificate_for_its_new_name() {
    let site = Site::new(RENAMING);
    let case = with_facts(
        case_of("n1", 1, &key()),
        json!({"name": "web7.example.net"}),
    );
    let outfit = outfit(&site.open(), &case).await;
    assert_eq!(
        judge(&outfit, &case, "web7.example.net").names,
        ["web7.example.net"]
    );
}

#[tokio::test]
async fn a_fact_cannot_give_a_node_a_denied_name() {
    let site = Site::new(RENAMING);
    let case = with_facts(case_of("n1", 1, &key()), json!({"name": "admin.choria"}));
    let message = deferred(&site.open(), &case).await;
    assert!(message.contains("denied"), "{message}");
}

#[tokio::test]
async fn a_fact_cannot_take_the_name_of_another_node() {
    let site = Site::new(RENAMING);
    let authority = site.open();
    let first = with_facts(case_of("n1", 1, &key()), json!({"name": "web7"}));
    outfit(&authority, &first).await;
    let thief = with_facts(case_of("n2", 2, &key()), json!({"name": "web7"}));
    let message = deferred(&authority, &thief).await;
    assert!(message.contains("web7"), "{message}");
    // its owner may have another one, and so may anybody where the site does not mind
    let mut again = first.clone();
    again.session = SessionId::new(&hex::encode([3; 16])).unwrap();
    outfit(&authority, &again).await;
    outfit(&site.open_with(Reissue::Allow), &thief).await;
}

#[tokio::test]
async fn the_holder_of_a_name_is_known_until_it_is_revoked() {
    let site = Site::new(TEMPLATE);
    let authority = site.open();
    let name = identity("n1.example.net");
    assert_eq!(authority.holder(&name).await.unwrap(), None);
    let key = key();
    let case = case_of("n1.example.net", 1, &key);
    let issued = outfit(&authority, &case).await;
    let vetted = csr::check(&case.csr.as_ref().unwrap().csr, &name, &rules()).unwrap();
    let holder = Holder {
        key_digest: vetted.key_digest,
        not_after: NOW + 90 * DAY,
    };
    assert_eq!(authority.holder(&name).await.unwrap(), Some(holder));
    // beside the running authority
    upkeep::revoke(site.ca(), &serial_of(&issued), NOW).unwrap();
    assert_eq!(authority.holder(&name).await.unwrap(), None);
    assert_eq!(blamed(&authority, &case).await, Blame::Case);
    outfit(&authority, &case_of("n1.example.net", 2, &self::key())).await;
}

#[tokio::test]
async fn a_rotation_counts_from_the_next_certificate_on() {
    let site = Site::new(TEMPLATE);
    let authority = site.open();
    let (old_case, new_case) = (case_of("n1", 1, &key()), case_of("n2", 2, &key()));
    let old = outfit(&authority, &old_case).await;
    let blueprint = Blueprint {
        common_name: String::new(),
        validity: Duration::from_secs(86_400 * 3650),
        key: KeyKind::P256,
    };
    upkeep::rotate(site.ca(), &blueprint, NOW).unwrap();
    let new = outfit(&authority, &new_case).await;
    assert_ne!(old.ca, new.ca);
    assert_eq!(new.ca.matches("BEGIN").count(), 2);
    judge(&new, &new_case, "n2");
    // both fit the new authorities, and neither needs the other's
    let both = |outfit: &Outfit| Outfit {
        ca: new.ca.clone(),
        ..outfit.clone()
    };
    judge(&both(&old), &old_case, "n1");
    // the session of before still gets its certificate, with both authorities
    let again = outfit(&authority, &old_case).await;
    assert_eq!(again.certificate, old.certificate);
    assert_eq!(again.ca, new.ca);

    assert!(matches!(
        upkeep::finish_rotation(site.ca(), upkeep::End::WhenUnused, NOW),
        Err(AuthorityError::StillUsed {
            certificates: 1,
            ..
        })
    ));
    upkeep::finish_rotation(site.ca(), upkeep::End::Now, NOW).unwrap();
    let last = outfit(&authority, &old_case).await;
    assert_eq!(last.ca.matches("BEGIN").count(), 1);
    assert_ne!(last.certificate, old.certificate);
    judge(&last, &old_case, "n1");
}

#[tokio::test]
async fn an_intermediate_is_sent_with_every_certificate() {
    let site = Site::new(TEMPLATE);
    let (root_key, middle_key) = (key(), key());
    let mut root = CertificateParams::default();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    root.distinguished_name.push(DnType::CommonName, "Root");
    let mut middle = CertificateParams::default();
    middle.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    middle.distinguished_name = rcgen::DistinguishedName::new();
    middle.distinguished_name.push(DnType::CommonName, "Middle");
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(root, root_key);
    let middle_pem = middle.signed_by(&middle_key, &issuer).unwrap().pem();
    let directory = site.directory();
    put(&directory.certificates(), &root_pem);
    put(&directory.chain(), &middle_pem);
    put(&directory.key(), &middle_key.serialize_pem());
    let case = case_of("n1", 1, &key());
    let outfit = outfit(&site.open(), &case).await;
    assert_eq!(outfit.certificate.matches("BEGIN").count(), 2);
    judge(&outfit, &case, "n1");
    let blueprint = Blueprint {
        common_name: String::new(),
        validity: Duration::from_secs(86_400),
        key: KeyKind::P256,
    };
    assert!(matches!(
        upkeep::rotate(site.ca(), &blueprint, NOW),
        Err(AuthorityError::Intermediate { .. })
    ));
}

#[tokio::test]
async fn an_authority_that_is_over_is_the_sites_fault() {
    let site = Site::new(TEMPLATE);
    let authority = site.open();
    let case = case_of("n1", 1, &key());
    for now in [NOW + 3650 * DAY, NOW - 2 * DAY] {
        let err = authority.decide(&case, now).await.unwrap_err();
        assert_eq!(err.blame, Blame::Site);
        assert!(err.reason.contains("ca.pem"), "{}", err.reason);
    }
}

#[tokio::test]
async fn files_that_cannot_be_read_any_more_are_the_sites_fault_until_they_can() {
    let site = Site::new(TEMPLATE);
    let authority = site.open();
    let directory = site.directory();
    for file in [
        directory.key(),
        directory.certificates(),
        directory.ledger(),
    ] {
        let away = site.folder.path().join("away");
        std::fs::rename(&file, &away).unwrap();
        assert_eq!(
            blamed(&authority, &case_of("n1", 1, &key())).await,
            Blame::Site
        );
        std::fs::rename(&away, &file).unwrap();
        outfit(&authority, &case_of("n1", 1, &key())).await;
    }
}

#[tokio::test]
async fn a_lock_that_cannot_be_taken_is_the_sites_fault() {
    let site = Site::new(TEMPLATE);
    let authority = site.open();
    let lock = site.ca().join("transaction.lock");
    std::fs::remove_file(&lock).unwrap();
    std::fs::create_dir(&lock).unwrap();
    assert_eq!(
        blamed(&authority, &case_of("n1", 1, &key())).await,
        Blame::Site
    );
    assert!(matches!(
        upkeep::revoke(site.ca(), "00", NOW),
        Err(AuthorityError::Lock(_))
    ));
}

#[test]
fn a_full_disk_is_the_sites_fault_and_costs_no_serial() {
    let site = Site::new(TEMPLATE);
    let ledger = site.directory().ledger();
    let disk = ledger::tests::Disk::of(&ledger);
    let full = Arc::clone(&disk.full);
    let mut scribe = Scribe::open(site.directory(), site.builtin.validity).unwrap();
    scribe.replace_ledger(Ledger::with(&ledger, Box::new(disk)).unwrap());
    full.store(true, Ordering::SeqCst);
    let before = std::fs::read(&ledger).unwrap();
    let failed = served(&mut scribe, vec![order(1), order(2)]);
    for result in failed {
        assert_eq!(result.unwrap_err().blame, Blame::Site);
    }
    assert_eq!(std::fs::read(&ledger).unwrap(), before);
    full.store(false, Ordering::SeqCst);
    for result in served(&mut scribe, vec![order(1), order(2)]) {
        result.unwrap();
    }
}

#[test]
fn what_is_asked_for_together_is_made_durable_together() {
    let site = Site::new(TEMPLATE);
    let ledger = site.directory().ledger();
    let disk = ledger::tests::Disk::of(&ledger);
    let syncs = Arc::clone(&disk.syncs);
    let mut scribe = Scribe::open(site.directory(), site.builtin.validity).unwrap();
    scribe.replace_ledger(Ledger::with(&ledger, Box::new(disk)).unwrap());
    let orders = (0..50).map(order).chain([order(7)]).collect();
    let delivered = served(&mut scribe, orders);
    assert_eq!(delivered[7], delivered[50]);
    assert_eq!(syncs.load(Ordering::SeqCst), 1);
    assert_eq!(upkeep::list(site.ca()).unwrap().len(), 50);
}

fn order(number: u8) -> Order {
    let name = format!("n{number}");
    // the same order again is for the same key
    let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let mut spki = rcgen::PublicKeyData::subject_public_key_info(&key);
    let at = spki.len() - 32;
    spki[at..].fill(number);
    Order {
        session: hex::encode([number; 16]),
        identity: name.clone(),
        key_digest: csr::key_digest(&spki),
        names: vec![name],
        spki,
        claim: Claim::Granted,
        now: NOW,
    }
}

fn served(scribe: &mut Scribe, orders: Vec<Order>) -> Vec<Result<Delivery, HelperError>> {
    let mut answers = Vec::new();
    let batch = orders
        .into_iter()
        .map(|order| {
            let (answer, delivered) = oneshot::channel();
            answers.push(delivered);
            Request::Issue(Box::new(order), answer)
        })
        .collect();
    scribe.serve(batch);
    answers
        .into_iter()
        .map(|mut answer| answer.try_recv().unwrap())
        .collect()
}

#[tokio::test]
async fn every_file_that_cannot_be_used_is_named_when_the_authority_is_opened() {
    let open = |site: &Site| Authority::open(&site.builtin, &rules(), Reissue::Ask);
    let site = Site::new(TEMPLATE);
    let directory = site.directory();
    let refused = |site: &Site| open(site).unwrap_err();

    std::fs::set_permissions(directory.key(), Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(
        refused(&site),
        AuthorityError::OpenKey { mode: 0o640, .. }
    ));
    std::fs::set_permissions(directory.key(), Permissions::from_mode(0o600)).unwrap();
    let good = Secret::new(std::fs::read_to_string(directory.key()).unwrap());
    put(&directory.key(), &key().serialize_pem());
    assert!(matches!(refused(&site), AuthorityError::ForeignKey { .. }));
    put(&directory.key(), "junk");
    assert!(matches!(refused(&site), AuthorityError::Key { .. }));
    put(&directory.key(), good.expose());

    let certificates = std::fs::read_to_string(directory.certificates()).unwrap();
    for junk in ["", &format!("{certificates}{}", good.expose())] {
        put(&directory.certificates(), junk);
        assert!(matches!(
            refused(&site),
            AuthorityError::NotCertificates { .. }
        ));
    }
    let leaf_key = key();
    let leaf = CertificateParams::default().self_signed(&leaf_key).unwrap();
    put(&directory.certificates(), &leaf.pem());
    put(&directory.key(), &leaf_key.serialize_pem());
    assert!(matches!(
        refused(&site),
        AuthorityError::NotAnAuthority { .. }
    ));
    put(&directory.certificates(), &certificates);
    put(&directory.key(), good.expose());

    put(&site.builtin.template, "[configuration]\na = '{{'\n");
    assert!(matches!(refused(&site), AuthorityError::Template(_)));
    std::fs::remove_file(&site.builtin.template).unwrap();
    assert!(matches!(refused(&site), AuthorityError::Read { .. }));
    put(&site.builtin.template, TEMPLATE);
    std::fs::remove_file(directory.certificates()).unwrap();
    assert!(matches!(refused(&site), AuthorityError::Missing { .. }));
}

#[tokio::test]
async fn an_authority_of_another_tool_gets_a_ledger() {
    let site = Site::new(TEMPLATE);
    std::fs::remove_file(site.directory().ledger()).unwrap();
    let authority = site.open();
    outfit(&authority, &case_of("n1", 1, &key())).await;
    assert_eq!(upkeep::list(site.ca()).unwrap().len(), 1);
}
