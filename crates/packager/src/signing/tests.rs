use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use muster::secret::Secret;

use super::fixture;
use super::fixture::ED25519;
use super::fixture::Home;
use super::fixture::OPEN;
use super::fixture::PASSPHRASE;
use super::fixture::RSA;
use super::*;

const DATE: u64 = 1_700_000_000;
const MADE_EARLY: &str = "Creation-Date: 20200101T000000\nExpire-Date: 0";
const TEXT: &str = "Origin: acme\n- dash\n\nFrom: here  \nSHA256:\n 00 1 Packages\n";

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn key(home: &Home) -> Key {
    Key::read(&home.secret(), Some(&secret(PASSPHRASE))).unwrap()
}

fn home(kind: &str, protection: &str, more: &str) -> Home {
    let home = Home::new();
    home.generate(&fixture::description(kind, "sign", protection, more));
    home
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    File::create(&path).unwrap().write_all(bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What gpgv, which apt asks, says about a signature, with its machine-readable lines.
fn gpgv(key: &Key, files: &[(&str, &[u8])]) -> (bool, String) {
    let home = Home::new();
    home.run(&["--import"], key.public().unwrap().as_bytes());
    let ring = put(home.path(), "ring.gpg", &home.run(&["--export"], b""));
    let paths = files
        .iter()
        .map(|(name, bytes)| put(home.path(), name, bytes));
    let paths: Vec<String> = paths.collect();
    let output = Command::new("gpgv")
        .args(["--status-fd", "1", "--keyring", &ring])
        .args(paths)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), said)
}

#[test]
fn gpgv_accepts_detached_signatures_of_both_kinds() {
    for key in [fixture::rsa(), fixture::ed25519()] {
        let signature = key.detached(b"bytes", DATE).unwrap();
        let files: [(&str, &[u8]); 2] = [("sig", signature.as_bytes()), ("data", b"bytes")];
        let (good, said) = gpgv(&key, &files);
        assert!(good, "{said}");
        assert!(said.contains("GOODSIG"), "{said}");
        assert!(said.contains(&key.fingerprint()), "{said}");
    }
}

#[test]
fn gpgv_refuses_a_signature_of_other_bytes() {
    let key = fixture::rsa();
    let signature = key.detached(b"bytes", DATE).unwrap();
    let files: [(&str, &[u8]); 2] = [("sig", signature.as_bytes()), ("data", b"other")];
    assert!(!gpgv(&key, &files).0);
}

#[test]
fn gpgv_accepts_clear_signed_text_of_both_kinds() {
    for key in [fixture::rsa(), fixture::ed25519()] {
        let signed = key.clear(TEXT, DATE).unwrap();
        let (good, said) = gpgv(&key, &[("InRelease", signed.as_bytes())]);
        assert!(good, "{said}\n{signed}");
    }
}

#[test]
fn clear_signed_text_is_what_was_signed() {
    let key = fixture::rsa();
    let signed = key.clear(TEXT, DATE).unwrap();
    let home = Home::new();
    home.run(&["--import"], key.public().unwrap().as_bytes());
    let shown = String::from_utf8(home.run(&["--decrypt"], signed.as_bytes())).unwrap();
    assert_eq!(shown, TEXT.replace("  \n", "\n"));
}

#[test]
fn the_same_bytes_are_signed_the_same_way() {
    for key in [fixture::rsa(), fixture::ed25519()] {
        assert_eq!(
            key.detached(b"x", DATE).unwrap(),
            key.detached(b"x", DATE).unwrap()
        );
        assert_eq!(
            key.clear(TEXT, DATE).unwrap(),
            key.clear(TEXT, DATE).unwrap()
        );
    }
}

#[test]
fn a_packet_is_the_detached_signature_without_armour() {
    let key = fixture::ed25519();
    let armoured = key.detached(b"x", DATE).unwrap();
    assert_eq!(
        key.packet(b"x", DATE).unwrap(),
        sign::dearmoured(&armoured).unwrap()
    );
}

#[test]
fn a_signature_is_dated_at_the_source_date() {
    let home = home(RSA, OPEN, MADE_EARLY);
    let key = key(&home);
    let signature = key.detached(b"x", DATE).unwrap();
    let (_, said) = gpgv(&key, &[("sig", signature.as_bytes()), ("data", b"x")]);
    assert!(said.contains(&format!(" {DATE} ")), "{said}");
}

#[test]
fn a_key_younger_than_the_source_dates_at_its_creation() {
    let key = fixture::rsa();
    let signature = key.detached(b"x", 1_000_000_000).unwrap();
    let (good, said) = gpgv(&key, &[("sig", signature.as_bytes()), ("data", b"x")]);
    assert!(good, "{said}");
    assert!(said.contains(&format!(" {} ", key.created())), "{said}");
}

#[test]
fn a_passphrase_opens_the_key() {
    for kind in [RSA, ED25519] {
        let home = home(kind, &format!("Passphrase: {PASSPHRASE}"), "Expire-Date: 0");
        let signature = key(&home).detached(b"x", DATE).unwrap();
        let files: [(&str, &[u8]); 2] = [("sig", signature.as_bytes()), ("data", b"x")];
        assert!(gpgv(&key(&home), &files).0);
    }
}

#[test]
fn a_missing_and_a_wrong_passphrase_are_told_apart() {
    let protection = format!("Passphrase: {PASSPHRASE}");
    let bytes = home(ED25519, &protection, "Expire-Date: 0").secret();
    assert!(matches!(
        Key::read(&bytes, None),
        Err(KeyError::PassphraseMissing)
    ));
    assert!(matches!(
        Key::read(&bytes, Some(&secret("battery"))),
        Err(KeyError::PassphraseWrong)
    ));
}

#[test]
fn a_binary_file_is_read_like_an_armoured_one() {
    let home = home(ED25519, OPEN, "Expire-Date: 0");
    let binary = home.run(&["--export-secret-keys"], b"");
    let read = Key::read(&binary, None).unwrap();
    assert_eq!(read.fingerprint(), key(&home).fingerprint());
}

#[test]
fn a_key_says_whose_it_is() {
    let home = home(ED25519, OPEN, "Expire-Date: 0");
    let key = key(&home);
    let listed = home.run(&["--list-keys", "--with-colons"], b"");
    let listed = String::from_utf8(listed).unwrap();
    assert!(listed.contains(&key.fingerprint()), "{listed}");
    assert_eq!(key.user_id(), "Example Packages <packages@example.net>");
}

#[test]
fn a_subkey_signs_when_the_primary_key_may_not() {
    let home = Home::new();
    let subkey = "Subkey-Type: RSA\nSubkey-Length: 2048\nSubkey-Usage: sign\nExpire-Date: 0";
    home.generate(&fixture::description(RSA, "cert", OPEN, subkey));
    assert_signs_with_another_key(&key(&home));
}

#[test]
fn a_subkey_signs_when_the_primary_key_is_kept_elsewhere() {
    let home = Home::new();
    let subkey = "Subkey-Type: RSA\nSubkey-Length: 2048\nSubkey-Usage: sign\nExpire-Date: 0";
    home.generate(&fixture::description(RSA, "sign", OPEN, subkey));
    let stub = home.run(&["--export-secret-subkeys"], b"");
    assert_signs_with_another_key(&Key::read(&stub, None).unwrap());
}

fn assert_signs_with_another_key(key: &Key) {
    let signature = key.detached(b"x", DATE).unwrap();
    let (good, said) = gpgv(key, &[("sig", signature.as_bytes()), ("data", b"x")]);
    assert!(good, "{said}");
    let valid = said.lines().find(|line| line.contains("VALIDSIG")).unwrap();
    let signer = valid.split(' ').nth(2).unwrap();
    assert_ne!(signer, key.fingerprint());
    assert!(valid.ends_with(&key.fingerprint()), "{valid}");
}

#[test]
fn a_key_that_cannot_sign_is_refused() {
    let home = Home::new();
    let subkey = "Subkey-Type: RSA\nSubkey-Length: 2048\nSubkey-Usage: encrypt\nExpire-Date: 0";
    home.generate(&fixture::description(RSA, "cert", OPEN, subkey));
    assert!(matches!(
        Key::read(&home.secret(), None),
        Err(KeyError::CannotSign)
    ));
}

#[test]
fn a_stub_without_subkeys_is_refused() {
    let home = home(RSA, OPEN, "Expire-Date: 0");
    let stub = home.run(&["--export-secret-subkeys"], b"");
    assert!(matches!(Key::read(&stub, None), Err(KeyError::CannotSign)));
}

#[test]
fn a_public_key_is_refused() {
    let public = fixture::rsa().public().unwrap();
    assert!(matches!(
        Key::read(public.as_bytes(), None),
        Err(KeyError::Public)
    ));
}

#[test]
fn several_keys_are_refused() {
    let home = home(ED25519, OPEN, "Expire-Date: 0");
    home.generate(&fixture::description(
        ED25519,
        "sign",
        OPEN,
        "Expire-Date: 0",
    ));
    let one = home.secret();
    assert!(matches!(Key::read(&one, None), Err(KeyError::Several)));
}

#[test]
fn several_blocks_of_armour_are_refused() {
    let home = home(ED25519, OPEN, "Expire-Date: 0");
    let twice = [home.secret(), home.secret()].concat();
    assert!(matches!(Key::read(&twice, None), Err(KeyError::Several)));
}

#[test]
fn what_is_no_key_is_refused() {
    assert!(matches!(
        Key::read(b"no key at all", None),
        Err(KeyError::Unreadable { .. })
    ));
    assert!(matches!(
        Key::read(b"", None),
        Err(KeyError::Unreadable { .. } | KeyError::Empty)
    ));
}

#[test]
fn a_damaged_key_is_refused() {
    let mut bytes = home(ED25519, OPEN, "Expire-Date: 0").run(&["--export-secret-keys"], b"");
    bytes.truncate(bytes.len() - 20);
    assert!(matches!(
        Key::read(&bytes, None),
        Err(KeyError::Unreadable { .. } | KeyError::PassphraseWrong)
    ));
}

#[test]
fn an_expired_key_does_not_sign() {
    let key = fixture::expired();
    key.valid_at(1_600_000_000).unwrap();
    assert!(matches!(key.valid_at(DATE), Err(KeyError::Expired { .. })));
    key.detached(b"x", DATE).unwrap_err();
    key.clear("x", DATE).unwrap_err();
}

#[test]
fn a_weak_key_is_refused() {
    let bytes = home("Key-Type: RSA\nKey-Length: 1024", OPEN, "Expire-Date: 0").secret();
    assert!(matches!(
        Key::read(&bytes, None),
        Err(KeyError::Weak { bits: 1024 })
    ));
}

#[test]
fn another_algorithm_is_refused() {
    let kind = "Key-Type: ECDSA\nKey-Curve: nistp256";
    let bytes = home(kind, OPEN, "Expire-Date: 0").secret();
    assert!(matches!(
        Key::read(&bytes, None),
        Err(KeyError::Algorithm { .. })
    ));
}

#[test]
fn a_revoked_key_is_refused() {
    let home = home(ED25519, OPEN, "Expire-Date: 0");
    let fingerprint = key(&home).fingerprint();
    let path = home
        .path()
        .join(format!("openpgp-revocs.d/{fingerprint}.rev"));
    let certificate = std::fs::read_to_string(path).unwrap();
    // gpg puts a colon in front, so that nobody imports it by mistake
    home.run(
        &["--import"],
        certificate.replace(":-----", "-----").as_bytes(),
    );
    assert!(matches!(
        Key::read(&home.secret(), None),
        Err(KeyError::Revoked)
    ));
}

#[test]
fn no_text_shows_the_secret() {
    let key = fixture::ed25519();
    assert_eq!(format!("{key:?}"), format!("Key({})", key.fingerprint()));
}
