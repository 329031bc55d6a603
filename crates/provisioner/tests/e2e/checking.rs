//! What is wrong before a start, and at it.

use crate::harness::Output;
use crate::harness::Site;
use crate::nats::NatsServer;
use crate::nats::Options;

async fn with_files(site: &Site, words: &[&str]) -> Output {
    let config = site.file("provisioner.yaml").display().to_string();
    let client = site.file("client.conf").display().to_string();
    let mut all = words.to_vec();
    all.extend(["--config", &config, "--choria-config", &client]);
    site.types(&all).await
}

#[tokio::test]
async fn a_site_that_is_well_passes() {
    let broker = NatsServer::start(Options::default()).await;
    let site = Site::builtin(&broker.url(), "").await;
    let checked = with_files(&site, &["check"]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let verdicts = checked
        .out
        .lines()
        .filter(|line| line.starts_with("good: "));
    // configuration, helper, two directories, certificates and broker
    assert_eq!(verdicts.count(), 6, "{checked:?}");
    assert!(
        !site.file("state").exists(),
        "a check leaves nothing behind"
    );
}

#[tokio::test]
async fn a_helper_that_is_not_there_is_found() {
    let site = Site::scripted("nats://127.0.0.1:1", "true", "");
    std::fs::remove_file(site.file("helper")).unwrap();
    let checked = with_files(&site, &["check", "--offline"]).await;
    assert_eq!(checked.code, Some(78), "{checked:?}");
    assert!(checked.err.contains("helper"), "{checked:?}");
}

#[tokio::test]
async fn an_authority_that_is_not_there_is_found() {
    let site = Site::builtin("nats://127.0.0.1:1", "").await;
    std::fs::remove_dir_all(site.file("ca")).unwrap();
    let checked = with_files(&site, &["check", "--offline"]).await;
    assert_eq!(checked.code, Some(78), "{checked:?}");
    assert!(checked.out.contains("bad: the helper"), "{checked:?}");
    let ca = site.file("ca").display().to_string();
    assert!(checked.out.contains(&ca), "{checked:?}");
}

#[tokio::test]
async fn a_broker_that_is_away_is_found() {
    let site = Site::builtin("nats://127.0.0.1:1", "").await;
    let offline = with_files(&site, &["check", "--offline"]).await;
    assert_eq!(offline.code, Some(0), "{offline:?}");
    let checked = with_files(&site, &["check"]).await;
    assert_eq!(checked.code, Some(69), "{checked:?}");
    assert!(
        checked
            .out
            .contains("bad: the broker does not let this provisioner in"),
        "{checked:?}"
    );
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_configuration_is_said_at_once() {
    let site = Site::builtin("nats://127.0.0.1:1", "").await;
    site.configure("helper: /no/such/helper\ninterval: 5s\nwrokers: 3\nbreaker: {failed: 3}\n");
    for command in ["check", "run"] {
        let said = with_files(&site, &[command]).await;
        assert_eq!(said.code, Some(78), "{said:?}");
        for part in [
            "/no/such/helper",
            "interval is too small",
            "wrokers",
            "workers",
            "the breaker needs both",
        ] {
            assert!(said.err.contains(part), "{command} {part}: {said:?}");
        }
        assert!(!said.err.contains("s3cret"), "{said:?}");
    }
}

#[tokio::test]
async fn a_second_process_on_the_same_directory_is_refused() {
    let broker = NatsServer::start(Options::default()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    let second = with_files(&site, &["run"]).await;
    assert_eq!(second.code, Some(78), "{second:?}");
    let state = site.file("state").display().to_string();
    assert!(
        second.err.contains("another muster-provisioner works with"),
        "{second:?}"
    );
    assert!(second.err.contains(&state), "{second:?}");
    assert!(site.runs());
    assert!(site.status().await.is_object(), "the first is still asked");
}

#[tokio::test]
async fn a_journal_of_a_newer_version_is_left_alone() {
    let broker = NatsServer::start(Options::default()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    std::fs::create_dir(site.file("state")).unwrap();
    let newer = "{\"muster-provisioner-journal\":9,\"instance\":\"0123456789abcdef\"}\n";
    site.put("state/journal.jsonl", newer);
    site.start();
    assert_eq!(site.end().await, Some(78));
    assert!(
        site.log().contains("was written by a newer version (9)"),
        "{}",
        site.log()
    );
    assert_eq!(site.text("state/journal.jsonl"), newer);
}
