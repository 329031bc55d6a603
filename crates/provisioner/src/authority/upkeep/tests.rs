use std::os::unix::fs::PermissionsExt as _;

use rcgen::PublicKeyData as _;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::super::ledger::fingerprint;
use super::*;

const NOW: i64 = 1_795_222_372;
const DAY: i64 = 86_400;

fn blueprint(key: KeyKind) -> Blueprint {
    Blueprint {
        common_name: "Test CA".to_owned(),
        validity: Duration::from_secs(86_400 * 365),
        key,
    }
}

fn made() -> (tempfile::TempDir, Directory) {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::new(&folder.path().join("ca"));
    create(directory.path(), &blueprint(KeyKind::P256), NOW).unwrap();
    (folder, directory)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// Issues a certificate as the scribe does, without its thread.
fn issue(directory: &Directory, number: u8) -> Issued {
    let signer = Signer::read(directory).unwrap();
    let key = KeyPair::generate().unwrap();
    let wish = signer::Wish {
        names: vec![format!("n{number}")],
        spki: key.subject_public_key_info(),
        validity: Duration::from_secs(86_400 * 30),
    };
    let made = signer.sign(&wish, [number; 16], NOW).unwrap();
    let issued = Issued {
        serial: hex::encode([number; 16]),
        identity: format!("n{number}"),
        names: wish.names,
        session: hex::encode([number; 16]),
        key_digest: hex::encode([number; 32]),
        not_before: made.not_before,
        not_after: made.not_after,
        issued_at: NOW,
        authority: signer.id,
        sha256: fingerprint(&made.der),
        certificate: muster::security::key::pem("CERTIFICATE", &made.der),
    };
    let mut ledger = Ledger::open(&directory.ledger()).unwrap();
    ledger.commit(&[Entry::Issued(issued.clone())]).unwrap();
    issued
}

/// The serial numbers on each list of `crl.pem`, each list verified by the certificate that it should be of.
fn lists(directory: &Directory) -> Vec<Vec<String>> {
    let authorities = pem::parse_many(read(&directory.certificates())).unwrap();
    let lists = pem::parse_many(read(&directory.revocations())).unwrap();
    let one = |(list, authority): (&pem::Pem, &pem::Pem)| {
        assert_eq!(list.tag(), "X509 CRL");
        let (_, list) = x509_parser::parse_x509_crl(list.contents()).unwrap();
        let (_, authority) = X509Certificate::from_der(authority.contents()).unwrap();
        list.verify_signature(authority.public_key()).unwrap();
        assert_eq!(
            list.next_update().unwrap().timestamp(),
            NOW + 30 * DAY,
            "{list:?}"
        );
        let serials = list.iter_revoked_certificates();
        serials.map(|one| hex::encode(one.raw_serial())).collect()
    };
    lists.iter().zip(&authorities).map(one).collect()
}

fn write_lists(directory: &Directory) -> usize {
    let validity = Duration::from_secs(86_400 * 30);
    write_revocations(directory.path(), validity, NOW * 1_000_000).unwrap()
}

#[test]
fn a_new_authority_signs_nodes_and_no_other_authorities() {
    let (_folder, directory) = made();
    let der = pem::parse(read(&directory.certificates())).unwrap();
    let (_, certificate) = X509Certificate::from_der(der.contents()).unwrap();
    let constraints = certificate.basic_constraints().unwrap().unwrap().value;
    assert!(constraints.ca);
    assert_eq!(constraints.path_len_constraint, Some(0));
    assert_eq!(certificate.subject().to_string(), "CN=Test CA");
    assert_eq!(
        certificate.validity().not_after.timestamp(),
        NOW + 365 * DAY
    );
    for (path, mode) in [
        (directory.path().to_owned(), 0o700),
        (directory.key(), 0o600),
        (directory.ledger(), 0o600),
        (directory.certificates(), 0o644),
    ] {
        let found = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(found & 0o7777, mode, "{}", path.display());
    }
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let (_folder, directory) = made();
    let key = read(&directory.key());
    for gone in [None, Some(directory.certificates())] {
        if let Some(path) = gone {
            std::fs::remove_file(path).unwrap();
        }
        assert!(matches!(
            create(directory.path(), &blueprint(KeyKind::P256), NOW),
            Err(AuthorityError::Exists { .. })
        ));
        assert_eq!(read(&directory.key()), key);
    }
    assert!(matches!(
        create(
            &directory.path().join("no/such"),
            &blueprint(KeyKind::P256),
            NOW
        ),
        Err(AuthorityError::Directory { .. })
    ));
}

#[test]
fn an_rsa_authority_can_be_made_too() {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::new(&folder.path().join("ca"));
    create(directory.path(), &blueprint(KeyKind::Rsa3072), NOW).unwrap();
    issue(&directory, 1);
}

#[test]
fn a_revoked_certificate_is_on_the_list() {
    let (_folder, directory) = made();
    let issued = issue(&directory, 0x41);
    issue(&directory, 0x42);
    let colons = issued.serial.to_uppercase();
    let colons: Vec<&str> = (0..16).map(|at| &colons[at * 2..at * 2 + 2]).collect();
    revoke(directory.path(), &colons.join(":"), NOW).unwrap();
    assert_eq!(write_lists(&directory), 1);
    assert_eq!(lists(&directory), [vec![issued.serial.clone()]]);
    let all = list(directory.path()).unwrap();
    assert_eq!(
        all.iter().map(|one| one.revoked_at).collect::<Vec<_>>(),
        [Some(NOW), None]
    );
    assert!(matches!(
        revoke(directory.path(), &issued.serial, NOW),
        Err(AuthorityError::AlreadyRevoked { .. })
    ));
    assert!(matches!(
        revoke(directory.path(), "00", NOW),
        Err(AuthorityError::UnknownSerial { .. })
    ));
}

#[test]
fn what_is_over_leaves_the_list() {
    let (_folder, directory) = made();
    let issued = issue(&directory, 0x41);
    revoke(directory.path(), &issued.serial, NOW).unwrap();
    let later = (issued.not_after + 1) * 1_000_000;
    let validity = Duration::from_secs(86_400);
    assert_eq!(
        write_revocations(directory.path(), validity, later).unwrap(),
        0
    );
}

#[test]
fn during_a_rotation_each_authority_has_a_list_of_its_own() {
    let (_folder, directory) = made();
    let old = issue(&directory, 0x41);
    rotate(directory.path(), &blueprint(KeyKind::P256), NOW).unwrap();
    let new = issue(&directory, 0x42);
    assert_ne!(old.authority, new.authority);
    revoke(directory.path(), &old.serial, NOW).unwrap();
    revoke(directory.path(), &new.serial, NOW).unwrap();
    assert_eq!(write_lists(&directory), 2);
    assert_eq!(lists(&directory), [vec![new.serial], vec![old.serial]]);
}

#[test]
fn a_rotation_keeps_the_name_and_the_old_certificate() {
    let (_folder, directory) = made();
    let before = read(&directory.certificates());
    let later = NOW + 100 * DAY;
    rotate(directory.path(), &blueprint(KeyKind::P256), later).unwrap();
    let after = read(&directory.certificates());
    assert!(after.ends_with(&before) && after != before);
    let blocks = pem::parse_many(&after).unwrap();
    let subjects: Vec<Vec<u8>> = blocks
        .iter()
        .map(|block| {
            let (_, certificate) = X509Certificate::from_der(block.contents()).unwrap();
            certificate.subject().as_raw().to_vec()
        })
        .collect();
    assert_eq!(subjects[0], subjects[1]);
    let mode = std::fs::metadata(directory.previous_key()).unwrap();
    assert_eq!(mode.permissions().mode() & 0o7777, 0o600);
    assert!(matches!(
        rotate(directory.path(), &blueprint(KeyKind::P256), later),
        Err(AuthorityError::Rotating)
    ));
    finish_rotation(directory.path(), End::WhenUnused, later).unwrap();
    assert!(!directory.previous_key().exists());
    assert!(after.starts_with(&read(&directory.certificates())));
    assert!(matches!(
        finish_rotation(directory.path(), End::WhenUnused, later),
        Err(AuthorityError::NotRotating)
    ));
}

#[test]
fn an_authority_that_is_over_need_not_be_ended_before_the_next_rotation() {
    let (_folder, directory) = made();
    rotate(directory.path(), &blueprint(KeyKind::P256), NOW + DAY).unwrap();
    let later = NOW + 365 * DAY + 1;
    rotate(directory.path(), &blueprint(KeyKind::P256), later).unwrap();
    let blocks = pem::parse_many(read(&directory.certificates())).unwrap();
    assert_eq!(blocks.len(), 2);
}

#[test]
fn a_rotation_that_a_crash_ended_leaves_an_authority_that_works() {
    let (_folder, directory) = made();
    let (old_key, old_bundle) = (read(&directory.key()), read(&directory.certificates()));
    let before = Signer::read(&directory).unwrap().id;
    rotate(directory.path(), &blueprint(KeyKind::P256), NOW).unwrap();
    let new_bundle = read(&directory.certificates());
    // the crash came before the new key was in its place, and before or after the certificates were
    for bundle in [&old_bundle, &new_bundle] {
        write(&directory.key(), &old_key, 0o600).unwrap();
        write(&directory.previous_key(), &old_key, 0o600).unwrap();
        write(&directory.certificates(), bundle, 0o644).unwrap();
        assert_eq!(Signer::read(&directory).unwrap().id, before);
        issue(&directory, 0x41);
        rotate(directory.path(), &blueprint(KeyKind::P256), NOW).unwrap();
        let again = read(&directory.certificates());
        assert_eq!(again.matches("BEGIN").count(), 2);
        assert!(again.ends_with(&old_bundle));
        assert_ne!(Signer::read(&directory).unwrap().id, before);
    }
}

#[test]
fn authorities_that_the_site_trusts_besides_survive_a_rotation() {
    let (_folder, directory) = made();
    let other = tempfile::tempdir().unwrap();
    let other = Directory::new(&other.path().join("ca"));
    create(other.path(), &blueprint(KeyKind::P256), NOW).unwrap();
    let friend = read(&other.certificates());
    let both = format!("{}{friend}", read(&directory.certificates()));
    write(&directory.certificates(), &both, 0o644).unwrap();
    rotate(directory.path(), &blueprint(KeyKind::P256), NOW).unwrap();
    finish_rotation(directory.path(), End::WhenUnused, NOW).unwrap();
    assert!(read(&directory.certificates()).ends_with(&friend));
}

#[test]
fn a_directory_without_an_authority_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        list(folder.path()),
        Err(AuthorityError::Missing { .. })
    ));
    assert!(matches!(
        rotate(folder.path(), &blueprint(KeyKind::P256), NOW),
        Err(AuthorityError::Missing { .. })
    ));
}
