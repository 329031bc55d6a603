//! What the records amount to, and that writing them anew loses nothing.

use proptest::prelude::*;

use super::*;
use crate::journal::Configured;
use crate::journal::Holder;

const NOW: i64 = 1_800_000_000;

fn node(name: &str) -> Identity {
    Identity::new(name).unwrap()
}

fn id(digit: char) -> SessionId {
    SessionId::new(&digit.to_string().repeat(32)).unwrap()
}

fn opened(session: char, name: &str, key: u8, at: i64) -> Record {
    Record::Opened(OpenSession {
        session: id(session),
        identity: node(name),
        key_digest: [key; 32],
        at,
    })
}

fn configured(session: char, name: &str, not_after: Option<i64>) -> Record {
    Record::Configured(Configured {
        session: id(session),
        identity: node(name),
        becomes: node("b"),
        certificate: not_after.map(|not_after| Holder {
            key_digest: [7; 32],
            not_after,
        }),
        at: NOW,
    })
}

fn quarantined(name: &str, until: i64) -> Record {
    Record::Quarantined(Quarantined {
        identity: node(name),
        error: "the reply did not come".into(),
        failures: 5,
        until,
    })
}

fn books(records: impl IntoIterator<Item = Record>) -> Books {
    let mut books = Books::default();
    records.into_iter().for_each(|it| books.apply(it));
    books
}

#[test]
fn a_session_is_of_one_identity_and_one_key() {
    let books = books([opened('1', "a", 1, NOW), opened('2', "a", 2, NOW)]);
    assert_eq!(books.session(&node("a"), &[1; 32], NOW), Some(&id('1')));
    assert_eq!(books.session(&node("a"), &[2; 32], NOW), Some(&id('2')));
    assert_eq!(books.session(&node("a"), &[3; 32], NOW), None);
    assert_eq!(books.session(&node("b"), &[1; 32], NOW), None);
}

#[test]
fn a_session_lasts_a_day_and_outlasts_a_clock_that_was_set_back() {
    let books = books([opened('1', "a", 1, NOW)]);
    let found = |now| books.session(&node("a"), &[1; 32], now).is_some();
    assert!(found(NOW + 86_399) && found(0) && found(i64::MIN));
    assert!(!found(NOW + 86_400) && !found(i64::MAX));
}

#[test]
fn configure_ends_its_own_session_and_leaves_the_others() {
    let books = books([
        opened('1', "a", 1, NOW),
        opened('2', "a", 2, NOW),
        configured('1', "a", None),
    ]);
    assert_eq!(books.session(&node("a"), &[1; 32], NOW), None);
    assert_eq!(books.session(&node("a"), &[2; 32], NOW), Some(&id('2')));
}

#[test]
fn configure_leaves_a_restart_to_ask_for_until_it_is_acknowledged() {
    let mut books = books([configured('1', "a", None)]);
    let pending = books.remembered().unrestarted;
    assert_eq!((pending.len(), pending[0].becomes.as_str()), (1, "b"));
    books.apply(Record::Restarted {
        identity: node("a"),
    });
    assert_eq!(books, Books::default());
}

#[test]
fn a_certificate_is_remembered_until_it_ends() {
    let mut books = books([configured('1', "a", Some(NOW + 10))]);
    books.expire(NOW + 9);
    assert_eq!(books.holder(&node("a")).unwrap().not_after, NOW + 10);
    books.expire(NOW + 10);
    assert_eq!(books.holder(&node("a")), None);
}

#[test]
fn a_node_without_a_certificate_holds_none_and_does_not_lose_one() {
    assert_eq!(books([configured('1', "a", None)]).holder(&node("a")), None);
    let later = books([
        configured('1', "a", Some(NOW + 10)),
        configured('2', "a", None),
    ]);
    assert_eq!(later.holder(&node("a")).unwrap().not_after, NOW + 10);
}

#[test]
fn quarantine_ends_with_its_time_with_release_and_with_success() {
    let remains = |end: Record| {
        let books = books([quarantined("a", NOW + 10), end]);
        books.remembered().quarantined.len()
    };
    let release = |name| Record::Released {
        identity: node(name),
    };
    assert_eq!(remains(release("b")), 1);
    assert_eq!(remains(release("a")), 0);
    assert_eq!(remains(configured('1', "a", None)), 0);
    let mut books = books([quarantined("a", NOW + 10)]);
    books.expire(NOW + 9);
    assert_eq!(books.remembered().quarantined.len(), 1);
    books.expire(NOW + 10);
    assert_eq!(books, Books::default());
}

#[test]
fn nothing_is_left_of_a_forgotten_node() {
    let books = books([
        opened('1', "a", 1, NOW),
        configured('2', "a", Some(i64::MAX)),
        quarantined("a", i64::MAX),
        Record::Forgotten {
            identity: node("a"),
        },
    ]);
    assert_eq!(books, Books::default());
}

#[test]
fn time_settles_sessions_and_restarts() {
    let mut books = books([opened('1', "a", 1, NOW), configured('2', "b", None)]);
    books.expire(NOW + 86_400);
    assert_eq!(books.remembered().sessions, []);
    assert_eq!(books.remembered().unrestarted.len(), 1);
    books.expire(NOW + 604_800);
    assert_eq!(books, Books::default());
}

#[test]
fn a_node_with_ever_new_keys_keeps_its_last_sessions() {
    let books = books((0..=9).map(|key| opened('1', "a", key, NOW)));
    let known = |key: u8| books.session(&node("a"), &[key; 32], NOW).is_some();
    assert!((0..=5).all(|key| !known(key)));
    assert!((6..=9).all(known));
}

#[test]
fn ever_new_nodes_push_out_those_that_began_first() {
    let count = i64::try_from(MOST_NODES).unwrap();
    let mut books = Books::default();
    for number in 0..=count {
        books.apply(opened('1', &format!("n{number}"), 1, NOW + number));
    }
    assert_eq!(books.sessions.len(), MOST_NODES + 1 - MOST_NODES / 8);
    let known = |number: i64| {
        let name = node(&format!("n{number}"));
        books.session(&name, &[1; 32], NOW + number).is_some()
    };
    assert!(!known(0) && !known(count / 8 - 1));
    assert!(known(count / 8) && known(count));
}

fn names() -> impl Strategy<Value = Identity> {
    prop::sample::select(vec!["a", "b", "c.example.net"]).prop_map(node)
}

fn records() -> impl Strategy<Value = Record> {
    let sessions = prop::sample::select(vec!['1', '2', 'f']).prop_map(id);
    let keys = prop::sample::select(vec![[1; 32], [2; 32], [0xff; 32]]);
    let holders = (keys.clone(), any::<i64>()).prop_map(|(key_digest, not_after)| Holder {
        key_digest,
        not_after,
    });
    prop_oneof![
        (sessions.clone(), names(), keys, any::<i64>()).prop_map(
            |(session, identity, key_digest, at)| Record::Opened(OpenSession {
                session,
                identity,
                key_digest,
                at
            })
        ),
        (
            sessions,
            names(),
            names(),
            prop::option::of(holders),
            any::<i64>()
        )
            .prop_map(|(session, identity, becomes, certificate, at)| {
                Record::Configured(Configured {
                    session,
                    identity,
                    becomes,
                    certificate,
                    at,
                })
            }),
        names().prop_map(|identity| Record::Restarted { identity }),
        (names(), any::<String>(), any::<u32>(), any::<i64>()).prop_map(
            |(identity, error, failures, until)| Record::Quarantined(
                Quarantined {
                    identity,
                    error,
                    failures,
                    until
                }
                .cut()
            )
        ),
        names().prop_map(|identity| Record::Released { identity }),
        names().prop_map(|identity| Record::Forgotten { identity }),
    ]
}

proptest! {
    #[test]
    fn books_that_are_written_anew_are_the_same(history in prop::collection::vec(records(), 0..24)) {
        let before = books(history);
        prop_assert_eq!(books(before.records()), before);
    }

    #[test]
    fn a_record_is_read_as_it_was_written(written in prop::collection::vec(records(), 1..4)) {
        let line = crate::journal::record::line_of(&written);
        let read: Vec<Record> = serde_json::from_slice(&line).unwrap();
        prop_assert_eq!(read, written);
        prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        prop_assert!(!line.contains(&0));
    }
}
