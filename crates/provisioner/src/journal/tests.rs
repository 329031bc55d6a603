//! The journal as the provisioner uses it, on real files: restarts, crashes at every byte, disks that refuse.

mod crashes;
mod faults;
mod stage;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use muster::os::lock::Lock;

use super::*;
use stage::NOW;
use stage::Stage;
use stage::configured;
use stage::node;
use stage::quarantined;

const KEY: [u8; 32] = [1; 32];

#[tokio::test]
async fn a_session_keeps_its_id_over_a_restart() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    let first = journal.session(&node("a"), KEY, NOW).await.unwrap();
    assert_eq!(
        journal.session(&node("a"), KEY, NOW + 1).await.unwrap(),
        first
    );
    journal.close().await.unwrap();
    let (journal, remembered) = stage.open(NOW + 2);
    assert_eq!(remembered.sessions[0].session, first);
    assert_eq!(
        journal.session(&node("a"), KEY, NOW + 2).await.unwrap(),
        first
    );
}

#[tokio::test]
async fn another_key_another_node_and_another_day_have_another_session() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    let first = journal.session(&node("a"), KEY, NOW).await.unwrap();
    for (name, key, now) in [
        ("a", [2; 32], NOW),
        ("b", KEY, NOW),
        ("a", KEY, NOW + 86_400),
    ] {
        let other = journal.session(&node(name), key, now).await.unwrap();
        assert_ne!(other, first);
    }
}

#[tokio::test]
async fn a_configured_node_begins_anew_under_another_id() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    let first = journal.session(&node("a"), KEY, NOW).await.unwrap();
    let end = configured(&first, "a", None);
    journal.configured(end).await.unwrap();
    assert_ne!(journal.session(&node("a"), KEY, NOW).await.unwrap(), first);
}

#[tokio::test]
async fn a_session_that_is_asked_for_behind_its_end_is_a_new_one() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    let first = journal.session(&node("a"), KEY, NOW).await.unwrap();
    let end = configured(&first, "a", None);
    let a = node("a");
    // both are in the queue before either is done
    let (ended, next) = tokio::join!(journal.configured(end), journal.session(&a, KEY, NOW));
    ended.unwrap();
    assert_ne!(next.unwrap(), first);
}

#[tokio::test]
async fn everybody_who_asks_for_a_session_at_the_same_time_gets_the_same() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    let a = node("a");
    let (one, two, three) = tokio::join!(
        journal.session(&a, KEY, NOW),
        journal.session(&a, KEY, NOW),
        journal.session(&a, KEY, NOW)
    );
    let one = one.unwrap();
    assert_eq!((&two.unwrap(), &three.unwrap()), (&one, &one));
}

#[tokio::test]
async fn a_restart_of_the_provisioner_brings_back_what_is_to_be_done() {
    let stage = Stage::new();
    let (journal, remembered) = stage.open(NOW);
    assert_eq!(remembered, Remembered::default());
    for name in ["a", "b"] {
        let session = journal.session(&node(name), KEY, NOW).await.unwrap();
        let end = configured(&session, name, Some(NOW + 100));
        journal.configured(end).await.unwrap();
    }
    journal.restarted(&node("b")).await.unwrap();
    for name in ["c", "d"] {
        journal.quarantined(quarantined(name)).await.unwrap();
    }
    journal.released(&node("d")).await.unwrap();
    journal.close().await.unwrap();
    let (journal, remembered) = stage.open(NOW + 1);
    let pending = Unrestarted {
        identity: node("a"),
        becomes: node("prod.example.net"),
        at: NOW,
    };
    assert_eq!(remembered.unrestarted, [pending]);
    assert_eq!(remembered.quarantined, [quarantined("c")]);
    let holders: Vec<_> = remembered.holders.keys().map(Identity::as_str).collect();
    assert_eq!(holders, ["a", "b"]);
    assert_eq!(journal.holder(&node("a")).unwrap().not_after, NOW + 100);
    assert_eq!(remembered.sessions, []);
}

#[tokio::test]
async fn what_is_recorded_can_be_asked_for_at_once() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    let session = journal.session(&node("a"), KEY, NOW).await.unwrap();
    assert_eq!(journal.holder(&node("a")), None);
    let end = configured(&session, "a", Some(NOW + 100));
    journal.configured(end).await.unwrap();
    assert_eq!(journal.holder(&node("a")).unwrap().key_digest, [9; 32]);
    journal.forgotten(&node("a")).await.unwrap();
    assert_eq!(journal.holder(&node("a")), None);
}

#[tokio::test]
async fn the_instance_is_this_provisioners_own_and_stays_the_same() {
    let (stage, other) = (Stage::new(), Stage::new());
    let (journal, _) = stage.open(NOW);
    let instance = journal.instance().to_owned();
    assert_eq!(instance.len(), 16);
    assert_ne!(other.open(NOW).0.instance(), instance);
    journal.close().await.unwrap();
    assert_eq!(stage.open(NOW).0.instance(), instance);
}

#[tokio::test]
async fn a_second_process_on_the_same_directory_is_refused_until_the_first_is_closed() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    let refused = Journal::open(stage.path(), NOW).unwrap_err();
    assert!(matches!(refused, JournalError::InUse { .. }), "{refused:?}");
    let clone = journal.clone();
    journal.close().await.unwrap();
    drop(Lock::take(stage.path()).unwrap());
    let late = clone.restarted(&node("a")).await.unwrap_err();
    assert!(matches!(late, JournalError::Exited));
}

#[tokio::test]
async fn the_directory_and_the_journal_are_for_nobody_else() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    journal.restarted(&node("a")).await.unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(stage.path().to_owned()), 0o700);
    assert_eq!(mode(stage.journal()), 0o600);
}

#[test]
fn a_journal_of_a_newer_version_is_refused_and_left_as_it_is() {
    let stage = Stage::new();
    let text = "{\"muster-provisioner-journal\":2,\"shape\":[]}\n[{\"unheard\":{}}]\n";
    stage.write(text.as_bytes());
    let refused = Journal::open(stage.path(), NOW).unwrap_err();
    assert!(matches!(refused, JournalError::Newer { version: 2, .. }));
    let said = refused.to_string();
    assert!(
        said.ends_with("was written by a newer version (2), this one reads 1"),
        "{said}"
    );
    assert_eq!(stage.read(), text.as_bytes());
}

#[test]
fn what_is_no_journal_is_refused_and_left_as_it_is() {
    for text in [
        "",
        "\n",
        "{}\n",
        "hello\n",
        "[]\n",
        r#"{"muster-provisioner-journal":1,"instance":"0123456789abcdef"}"#,
        "{\"muster-provisioner-journal\":1,\"instance\":\"short\"}\n",
        "{\"muster-provisioner-journal\":1,\"instance\":\"0123456789abcde*\"}\n",
        "{\"muster-provisioner-journal\":0,\"instance\":\"0123456789abcdef\"}\n",
        "{\"muster-provisioner-journal\":-1}\n",
    ] {
        let stage = Stage::new();
        stage.write(text.as_bytes());
        let refused = Journal::open(stage.path(), NOW).unwrap_err();
        assert!(
            matches!(refused, JournalError::NotAJournal { .. }),
            "{text} {refused:?}"
        );
        assert_eq!(stage.read(), text.as_bytes());
    }
}

/// What the first version writes, one record of each kind. It must be read by every later version that keeps the number.
#[tokio::test]
async fn a_journal_of_the_first_version_is_read() {
    let stage = Stage::new();
    stage.write(include_bytes!("tests/version-1.jsonl"));
    let (journal, remembered) = stage.open(NOW);
    assert_eq!(journal.instance(), "9f86d081884c7d65");
    let certificate = |not_after| Holder {
        key_digest: [0xab; 32],
        not_after,
    };
    let expected = Remembered {
        sessions: vec![OpenSession {
            session: SessionId::new(&"0123456789abcdef".repeat(2)).unwrap(),
            identity: node("a.example.net"),
            key_digest: KEY,
            at: NOW,
        }],
        unrestarted: ["b", "c"]
            .map(|name| Unrestarted {
                identity: node(name),
                becomes: node("prod.example.net"),
                at: NOW,
            })
            .into(),
        holders: [
            (node("b"), certificate(NOW + 100)),
            (node("d"), certificate(NOW + 200)),
        ]
        .into(),
        quarantined: vec![quarantined("e")],
    };
    assert_eq!(remembered, expected);
}

#[tokio::test]
async fn a_long_journal_is_written_anew_while_it_is_used() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    journal.quarantined(quarantined("kept")).await.unwrap();
    // more than the megabyte from which on it is worth it
    for _ in 0..10 {
        for done in stage::release_together(&journal, 500).await {
            done.unwrap();
        }
    }
    journal.close().await.unwrap();
    let length = stage.read().len();
    assert!(length < 1 << 20, "{length}");
    let (_journal, remembered) = stage.open(NOW);
    assert_eq!(remembered.quarantined, [quarantined("kept")]);
}

#[tokio::test]
async fn what_time_has_settled_is_not_kept_over_a_restart() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    journal.session(&node("a"), KEY, NOW).await.unwrap();
    journal.quarantined(quarantined("b")).await.unwrap();
    journal.close().await.unwrap();
    let (journal, remembered) = stage.open(NOW + 1_000_000);
    assert_eq!(remembered, Remembered::default());
    journal.close().await.unwrap();
    assert_eq!(stage.lines(), 1);
}

#[tokio::test]
async fn an_error_text_of_any_length_is_cut_between_characters() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    let error = "ä".repeat(10_000);
    let node = Quarantined {
        error,
        ..quarantined("a")
    };
    journal.quarantined(node).await.unwrap();
    journal.close().await.unwrap();
    let (_journal, remembered) = stage.open(NOW);
    assert_eq!(remembered.quarantined[0].error, "ä".repeat(512));
}
