//! What the files may hold, without a broker.

use super::*;

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn unfit(keyring: &Keyring) -> String {
    match keyring.look() {
        Look::Unfit(reason) => reason,
        look @ (Look::Same | Look::Renewed) => format!("{look:?}"),
    }
}

#[test]
fn files_that_did_not_change_are_the_same() {
    let site = Site::of(&Authority::new());
    let keyring = site.keyring(clock());
    assert_eq!(keyring.look(), Look::Same);
    let certificate = std::fs::read_to_string(site.path(CERTIFICATE)).unwrap();
    site.put(CERTIFICATE, &certificate);
    assert_eq!(keyring.look(), Look::Same, "written again, with the same");
}

#[test]
fn a_renewed_certificate_is_current_once_a_broker_took_it() {
    let authority = Authority::new();
    let site = Site::of(&authority);
    let keyring = site.keyring(clock());
    let renewed = authority.issue(NAME, &[NAME]);
    site.rotate(&renewed);
    assert_eq!(keyring.look(), Look::Renewed);
    assert_ne!(keyring.current().certificate(), renewed.0);
    let offer = keyring.offer(0);
    keyring.accepted(offer.number);
    assert_eq!(keyring.current().certificate(), renewed.0);
    assert_eq!(keyring.look(), Look::Same);
}

#[test]
fn without_a_connection_old_and_new_are_offered_in_turn() {
    let authority = Authority::new();
    let site = Site::of(&authority);
    let keyring = site.keyring(clock());
    assert_eq!(keyring.offer(0).number, 0);
    assert_eq!(keyring.offer(5).number, 0);
    site.rotate(&authority.issue(NAME, &[NAME]));
    let numbers: Vec<u64> = (0..5)
        .map(|failures| keyring.offer(failures).number)
        .collect();
    assert_eq!(numbers, [1, 1, 0, 1, 0], "seen by the offer itself");
    keyring.accepted(0);
    assert_eq!(keyring.look(), Look::Renewed, "the old one was taken");
    keyring.accepted(1);
    assert_eq!(keyring.offer(2).number, 1);
}

#[test]
fn a_candidate_is_forgotten_when_the_files_go_back() {
    let authority = Authority::new();
    let site = Site::of(&authority);
    let keyring = site.keyring(clock());
    let read = |name| std::fs::read_to_string(site.path(name)).unwrap();
    let before = (read(CERTIFICATE), read(KEY));
    site.rotate(&authority.issue(NAME, &[NAME]));
    assert_eq!(keyring.look(), Look::Renewed);
    site.rotate(&before);
    assert_eq!(keyring.look(), Look::Same);
    keyring.accepted(1);
    assert_eq!(keyring.current().certificate(), before.0);
}

#[test]
fn half_of_a_set_is_no_set() {
    let authority = Authority::new();
    let site = Site::of(&authority);
    let keyring = site.keyring(clock());
    let (certificate, key) = authority.issue(NAME, &[NAME]);
    site.put(CERTIFICATE, &certificate);
    let reason = unfit(&keyring);
    assert!(
        reason.contains(CERTIFICATE) && reason.contains("does not belong to the private key"),
        "{reason}"
    );
    site.put(KEY, &key);
    assert_eq!(keyring.look(), Look::Renewed);
}

#[test]
fn a_certificate_of_somebody_else_is_refused_by_name() {
    let authority = Authority::new();
    let site = Site::of(&authority);
    let keyring = site.keyring(clock());
    site.rotate(&authority.issue("n2.example.net", &["n2.example.net"]));
    let reason = unfit(&keyring);
    assert!(
        reason.contains("is for n2.example.net, not for n1.example.net"),
        "{reason}"
    );
}

#[test]
fn a_certificate_of_another_ca_waits_for_its_ca() {
    let (old, new) = (Authority::new(), Authority::new());
    let site = Site::of(&old);
    let keyring = site.keyring(clock());
    site.rotate(&new.issue(NAME, &[NAME]));
    let reason = unfit(&keyring);
    assert!(reason.contains("does not chain to the CA"), "{reason}");
    site.put(CA, &pem(&[&old, &new]));
    assert_eq!(keyring.look(), Look::Renewed);
}

#[test]
fn a_certificate_is_taken_when_its_time_comes_and_not_after_it() {
    let authority = Authority::new();
    let clock = Arc::new(ManualClock::new(NOW));
    let site = Site::of(&authority);
    let keyring = site.keyring(Arc::clone(&clock) as Arc<dyn Clock>);
    let timed = authority.issue_with(NAME, &[NAME], |params| {
        params.not_before = date_time_ymd(2030, 1, 1);
        params.not_after = date_time_ymd(2031, 1, 1);
    });
    site.rotate(&timed);
    assert!(unfit(&keyring).contains("not valid at this time"));
    // without a change of the files
    clock.advance(1_893_456_000 - NOW);
    assert_eq!(keyring.look(), Look::Renewed);
    keyring.accepted(keyring.offer(0).number);
    assert_eq!(keyring.current().expires(), Some(1_924_992_000));
    clock.advance(2 * 366 * 86_400);
    site.rotate(&authority.issue_with(NAME, &[NAME], |params| {
        params.not_after = date_time_ymd(2031, 2, 1);
    }));
    assert!(unfit(&keyring).contains("not valid at this time"));
}

#[test]
fn what_is_no_pem_at_all_is_told_with_its_file() {
    let authority = Authority::new();
    let site = Site::of(&authority);
    let keyring = site.keyring(clock());
    let large = "x".repeat(1024 * 1024 + 1);
    let key = std::fs::read_to_string(site.path(KEY)).unwrap();
    let good = |name| std::fs::read_to_string(site.path(name)).unwrap();
    for (name, text, told) in [
        (CERTIFICATE, "", "contains no certificate"),
        (CERTIFICATE, key.as_str(), "contains no certificate"),
        (CERTIFICATE, large.as_str(), "larger than 1048576 bytes"),
        (KEY, "", "it holds no private key"),
        (KEY, "junk", "it holds no private key"),
        (CA, "", "contains no certificate"),
        (CA, "-----BEGIN CERTIFICATE-----\n!\n", "cannot read the CA"),
        (CA, large.as_str(), "larger than 1048576 bytes"),
    ] {
        let before = good(name);
        site.put(name, text);
        let reason = unfit(&keyring);
        assert!(reason.contains(name) && reason.contains(told), "{reason}");
        site.put(name, &before);
        assert_eq!(keyring.look(), Look::Same, "{name} is whole again");
    }
    let megabyte = format!("{}{}", authority.pem(), "\n".repeat(1_000_000));
    site.put(CA, &megabyte);
    assert_eq!(keyring.look(), Look::Renewed, "blank lines are harmless");
}

#[test]
fn what_is_no_file_is_told_and_blocks_nobody() {
    let site = Site::of(&Authority::new());
    let keyring = site.keyring(clock());
    std::fs::remove_file(site.path(KEY)).unwrap();
    assert!(unfit(&keyring).contains("cannot read the private key"));
    std::fs::create_dir(site.path(KEY)).unwrap();
    assert!(unfit(&keyring).contains("not a regular file"));
    std::fs::remove_dir(site.path(KEY)).unwrap();
    nix::unistd::mkfifo(&site.path(KEY), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(unfit(&keyring).contains("not a regular file"));
}

#[test]
fn a_keyring_cannot_be_opened_on_unusable_files() {
    let site = Site::of(&Authority::new());
    site.put(CERTIFICATE, &Authority::new().issue(NAME, &[NAME]).0);
    let opened = Keyring::open(site.files(), Terms::default(), NAME, clock());
    assert!(opened.unwrap_err().to_string().contains(CERTIFICATE));
}

#[test]
fn an_expired_certificate_can_be_started_with() {
    let authority = Authority::new();
    let site = Site::of(&authority);
    site.rotate(&authority.issue_with(NAME, &[NAME], |params| {
        params.not_after = date_time_ymd(2021, 1, 1);
    }));
    let keyring = site.keyring(clock());
    assert_eq!(keyring.current().expires(), Some(1_609_459_200));
    site.rotate(&authority.issue(NAME, &[NAME]));
    assert_eq!(keyring.look(), Look::Renewed);
}
