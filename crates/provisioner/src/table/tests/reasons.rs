//! Why a node is waiting, in one line.

use super::*;

fn why(table: &Table, name: &str, now: Moment) -> String {
    table.row(&id(name), now).unwrap().why
}

/// One node that ended so, seen ten seconds later.
fn after(end: End) -> String {
    let mut table = table();
    table.discover("node1", START);
    drop(table.work_and_end("node1", end, START));
    why(&table, "node1", START + secs(10))
}

#[test]
fn a_queue_says_how_many_are_before() {
    let mut table = table();
    for number in 0..5 {
        table.discover(&format!("node{number}"), START);
    }
    assert_eq!(
        why(&table, "node3", START),
        "waits to be asked, 3 before it"
    );
    for number in 0..5 {
        drop(table.answer(&format!("node{number}"), Probed::Answered, START));
    }
    assert!(table.work(START).is_some());
    assert_eq!(
        why(&table, "node4", START),
        "waits for a worker, 3 before it"
    );
}

#[test]
fn a_list_and_a_single_row_say_the_same() {
    let mut table = table();
    for name in ["old1", "old2", "old3"] {
        table.discover(name, START);
        drop(table.work_and_end(name, deferred(), START));
    }
    for number in 0..7 {
        table.discover(&format!("new{number}"), START);
    }
    let now = START + HOUR;
    table.wake(now);
    for _ in 0..3 {
        assert!(table.probe(now).is_some());
        let mut places = Vec::new();
        for row in table.rows(now) {
            assert_eq!(Some(&row), table.row(&id(&row.identity), now).as_ref());
            let place = row
                .why
                .split_once(", ")
                .and_then(|(_, rest)| rest.split_once(" before"));
            places.extend(place.map(|(place, _)| place.parse::<usize>().unwrap()));
        }
        places.sort_unstable();
        let expected: Vec<usize> = (0..places.len()).collect();
        assert_eq!(places, expected, "every place once");
    }
}

#[test]
fn places_in_the_queue_are_those_in_which_nodes_are_served() {
    let mut table = table();
    for name in ["old1", "old2", "old3"] {
        table.discover(name, START);
        drop(table.work_and_end(name, deferred(), START));
    }
    for number in 0..4 {
        table.discover(&format!("new{number}"), START);
    }
    let now = START + HOUR;
    table.wake(now);
    let mut rows = table.rows(now);
    rows.sort_by_key(|row| {
        let digits: String = row.why.chars().filter(char::is_ascii_digit).collect();
        digits.parse::<usize>().unwrap()
    });
    for row in rows {
        assert_eq!(table.probe(now).unwrap().as_str(), row.identity);
    }
}

#[test]
fn every_wait_has_its_line() {
    let why = || "so it is".to_owned();
    assert!(after(failed()).starts_with("failed 1 time: no such luck; tried again "));
    let unhelped = End::Unhelped { error: why() };
    assert!(after(unhelped).starts_with("failed as others do: so it is; tried again "));
    assert_eq!(
        after(deferred()),
        "the helper says: not yet; asked again in 50 s"
    );
    assert!(after(End::Locked).starts_with("another provisioner works on it; asked again in "));
    assert_eq!(
        after(End::NeedsApproval { why: why() }),
        "needs approval: so it is (approve node1)"
    );
    assert_eq!(
        after(End::Refused { why: why() }),
        "refused: so it is; asked again in 10 min"
    );
    assert_eq!(
        after(End::Shutdown { message: why() }),
        "was shut down: so it is"
    );
    assert_eq!(
        after(provisioned("web1")),
        "acknowledged its restart 10 s ago, not yet seen in production as web1"
    );
    assert!(
        after(unrestarted("web1")).starts_with(
            "is configured and did not acknowledge its restart: no reply; asked again "
        )
    );
}

#[test]
fn silence_says_how_often_and_when_again() {
    let mut table = table();
    table.discover("node1", START);
    let mut now = START;
    for _ in 0..2 {
        drop(table.answer("node1", Probed::Silent, now));
        now = table.next_try("node1");
    }
    drop(table.answer("node1", Probed::Silent, now));
    let next = table.next_try("node1");
    assert_eq!(
        why(&table, "node1", next - secs(20)),
        "did not answer, 3 tries; asked again in 20 s"
    );
    assert_eq!(
        why(&table, "node1", next),
        "did not answer, 3 tries; asked again now"
    );
}

#[test]
fn work_says_its_step_and_how_long() {
    let mut table = table();
    table.discover("node1", START);
    table.begin("node1", START);
    table.step(&id("node1"), "configure", START + secs(2));
    let row = table.row(&id("node1"), START + secs(3)).unwrap();
    assert_eq!(row.why, "is worked on for 3 s, at configure, try 1");
    assert_eq!(row.step.as_deref(), Some("configure"));
    drop(table.ended(&id("node1"), failed(), Duration::from_millis(1234), START));
    let row = table.row(&id("node1"), START).unwrap();
    assert_eq!((row.step, row.took_ms), (None, Some(1234)));
}

#[test]
fn who_is_tried_again_still_says_what_it_waited_for() {
    let mut table = table();
    table.discover("node1", START);
    drop(table.work_and_end("node1", deferred(), START));
    table.wake(START + MINUTE);
    let row = table.row(&id("node1"), START + MINUTE).unwrap();
    assert_eq!(
        row.why,
        "waits to be asked, 0 before it; the helper said: not yet"
    );
    assert_eq!(row.deferred.as_deref(), Some("not yet"));
    drop(table.work_and_end("node1", failed(), START + MINUTE));
    assert_eq!(
        table.row(&id("node1"), START + MINUTE).unwrap().deferred,
        None
    );
}

#[test]
fn no_text_of_anybody_leaves_its_line() {
    let hostile = format!("\x1b[31m{}\r\n\u{202e}", "x\n".repeat(400));
    let long = vec!["a".repeat(60); 4].join(".");
    let ends: [fn(String) -> End; 5] = [
        |error| End::Failed { error },
        |message| End::Deferred {
            message,
            retry_after: None,
        },
        |why| End::NeedsApproval { why },
        |why| End::Refused { why },
        |message| End::Shutdown { message },
    ];
    for end in ends {
        let mut table = table();
        table.discover(&long, START);
        drop(table.work_and_end(&long, end(hostile.clone()), START));
        let row = table.row(&id(&long), START).unwrap();
        let texts = [Some(row.why), row.last_error, row.deferred];
        for text in texts.into_iter().flatten() {
            assert!(text.chars().count() <= 200, "{text}");
            assert!(
                !text.chars().any(|c| c.is_control() || c == '\u{202e}'),
                "{text:?}"
            );
        }
    }
}
