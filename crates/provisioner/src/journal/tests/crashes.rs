//! A crash at any moment leaves what had been answered, and nothing that had not begun.

use super::stage::NOW;
use super::stage::Stage;
use super::stage::configured;
use super::stage::node;
use super::stage::quarantined;
use crate::journal::Journal;
use crate::journal::JournalError;
use crate::journal::Remembered;

/// A journal with one record of each kind, and what was remembered after each of its lines.
async fn history() -> (Vec<u8>, Vec<(usize, Remembered)>) {
    let stage = Stage::new();
    let (journal, nothing) = stage.open(NOW);
    let mut states = vec![(stage.read().len(), nothing)];
    let mut note = async |step: usize| {
        let bytes = stage.read();
        let copy = Stage::new();
        copy.write(&bytes);
        let (copied, remembered) = copy.open(NOW);
        copied.close().await.unwrap();
        states.push((bytes.len(), remembered));
        assert_eq!(states.len(), step + 1);
    };
    let session = journal.session(&node("a"), [1; 32], NOW).await.unwrap();
    note(1).await;
    journal.quarantined(quarantined("b")).await.unwrap();
    note(2).await;
    let end = configured(&session, "a", Some(NOW + 100));
    journal.configured(end).await.unwrap();
    note(3).await;
    journal.restarted(&node("a")).await.unwrap();
    note(4).await;
    journal.released(&node("b")).await.unwrap();
    note(5).await;
    journal.forgotten(&node("a")).await.unwrap();
    note(6).await;
    (stage.read(), states)
}

#[tokio::test]
async fn every_prefix_of_a_journal_is_the_state_after_its_last_whole_line() {
    let (bytes, states) = history().await;
    for length in states[0].0..=bytes.len() {
        let stage = Stage::new();
        stage.write(&bytes[..length]);
        let (_journal, remembered) = stage.open(NOW);
        let last = states.iter().rfind(|(end, _)| *end <= length).unwrap();
        assert_eq!(remembered, last.1, "after {length} bytes");
    }
}

#[tokio::test]
async fn a_journal_that_was_torn_goes_on_behind_its_last_whole_line() {
    let (bytes, states) = history().await;
    let last = states.last().unwrap();
    for length in [last.0 - 1, last.0 - 20, last.0] {
        let stage = Stage::new();
        stage.write(&bytes[..length]);
        let (journal, before) = stage.open(NOW);
        journal.quarantined(quarantined("z")).await.unwrap();
        journal.close().await.unwrap();
        let (_journal, after) = stage.open(NOW);
        let expected = Remembered {
            quarantined: [before.quarantined.clone(), vec![quarantined("z")]].concat(),
            ..before
        };
        assert_eq!(after, expected, "after {length} bytes");
    }
}

#[tokio::test]
async fn blocks_of_the_last_line_that_did_not_reach_the_disk_are_cut_off_with_it() {
    let (bytes, states) = history().await;
    let (start, before) = &states[states.len() - 2];
    for from in *start..bytes.len() - 1 {
        let mut torn = bytes.clone();
        torn[from..bytes.len() - 1].fill(0);
        let stage = Stage::new();
        stage.write(&torn);
        let (_journal, remembered) = stage.open(NOW);
        assert_eq!(&remembered, before, "zeros from {from}");
    }
}

#[tokio::test]
async fn damage_before_the_last_line_is_refused_with_its_line_and_left_as_it_is() {
    let (bytes, states) = history().await;
    for (line, window) in states.windows(2).enumerate().take(states.len() - 2) {
        let (start, end) = (window[0].0, window[1].0);
        for damage in [b'x', 0] {
            let mut damaged = bytes.clone();
            damaged[start..end - 1].fill(damage);
            let stage = Stage::new();
            stage.write(&damaged);
            let refused = Journal::open(stage.path(), NOW).unwrap_err();
            let expected = line + 2;
            assert!(
                matches!(refused, JournalError::Damaged { line, .. } if line == expected),
                "{refused:?}"
            );
            assert_eq!(stage.read(), damaged);
        }
    }
}

#[tokio::test]
async fn a_record_that_this_version_does_not_know_is_damage_even_in_the_last_line() {
    let (bytes, _) = history().await;
    for record in [
        r#"[{"unheard":{"identity":"a"}}]"#,
        r#"[{"restarted":{"identity":"a","more":1}}]"#,
        r#"[{"restarted":{"identity":"a b"}}]"#,
        r#"{"restarted":{"identity":"a"}}"#,
        "",
    ] {
        let stage = Stage::new();
        stage.write(&[&bytes[..], record.as_bytes(), b"\n"].concat());
        let refused = Journal::open(stage.path(), NOW).unwrap_err();
        let is_damage = matches!(refused, JournalError::Damaged { line: 8, .. });
        assert!(is_damage, "{record} {refused:?}");
    }
}
