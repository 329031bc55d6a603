//! Every state and every event, and that no order of events leaves a session waiting for nothing.

use proptest::prelude::*;

use super::sample::Play;
use super::sample::Sample;
use super::sample::csr_reply;
use super::sample::ok;
use super::sample::opened;
use super::sample::outfit;
use super::sample::refused;
use crate::helper::Blame;
use crate::helper::Decision;
use crate::helper::HelperError;
use crate::session::Event;
use crate::session::Finish;
use crate::session::Step;
use crate::table::End;

/// What a step comes to, in a word.
fn word(step: &Step) -> &'static str {
    match step {
        Step::Call(call) => call.action.name(),
        Step::Wait(_) => "wait",
        Step::Open { .. } => "open",
        Step::Decide(_) => "decide",
        Step::Record(_) => "record",
        Step::End(Finish {
            end, site_fault, ..
        }) => match end {
            End::Provisioned { .. } => "provisioned",
            End::Unrestarted { .. } => "unrestarted",
            End::Deferred { .. } => "deferred",
            End::Shutdown { .. } => "shutdown!",
            End::Failed { .. } => "failed",
            End::Locked => "locked",
            End::NeedsApproval { .. } => "approval",
            End::Refused { .. } => "refused",
            End::Unhelped { .. } => "unhelped",
            End::Interrupted if site_fault.is_some() => "site",
            End::Interrupted => "interrupted",
        },
    }
}

const EVENTS: [&str; 18] = [
    "begun",
    "csr",
    "ok",
    "wrong token",
    "lock",
    "no",
    "silent",
    "lost",
    "impossible",
    "opened",
    "not opened",
    "outfit",
    "shutdown",
    "time up",
    "stopped",
    "cut off",
    "recorded",
    "anew",
];

fn event(name: &str) -> Event {
    match name {
        "begun" => Event::Begun,
        "csr" => csr_reply(),
        "ok" => ok(),
        "wrong token" => refused("Incorrect provision token supplied"),
        "lock" => refused("Could not obtain provisioning lock"),
        "no" => refused("no"),
        "silent" => Event::Silent,
        "lost" => Event::Lost,
        "impossible" => Event::Impossible {
            error: "too large".to_owned(),
        },
        "opened" => opened(None),
        "not opened" => Event::NotOpened {
            error: "the disk is full".to_owned(),
        },
        "outfit" => Event::Decided(Ok(outfit())),
        "shutdown" => Event::Decided(Ok(Decision::Shutdown {
            message: String::new(),
        })),
        "deferred" => Event::Decided(Ok(Decision::Defer {
            message: String::new(),
            retry_after: None,
        })),
        "helper failed" => Event::Decided(Err(HelperError {
            reason: String::new(),
            blame: Blame::Case,
        })),
        "waited" => Event::Waited,
        "time up" => Event::TimeUp,
        "stopped" => Event::Stopped,
        "cut off" => Event::CutOff,
        "recorded" => Event::Recorded,
        "anew" => Event::StartedAnew,
        other => panic!("no event is called {other}"),
    }
}

fn state(name: &str) -> Play {
    let sample = Sample::default();
    match name {
        "fresh" => sample.play(),
        "requesting" => {
            let mut play = sample.play();
            play.on(Event::Begun);
            play
        }
        "opening" => sample.opening(),
        "deciding" => sample.deciding(),
        "stopping" => sample.stopping(),
        "configuring" => sample.configuring(),
        "recording" => sample.configured(),
        "restarting" => {
            let mut play = sample.configured();
            play.on(Event::Recorded);
            play
        }
        "ended" => {
            let mut play = sample.play();
            play.on(Event::Stopped);
            play
        }
        other => panic!("no state is called {other}"),
    }
}

/// Rows are states, columns are [`EVENTS`]; `.` is a defect of ours, which fails the node or leaves its restart to the table.
const TABLE: [(&str, [&str; 18]); 9] = [
    (
        "fresh",
        [
            "gencsr",
            ".",
            ".",
            ".",
            ".",
            ".",
            ".",
            ".",
            "failed",
            ".",
            ".",
            ".",
            ".",
            "failed",
            "interrupted",
            "interrupted",
            ".",
            ".",
        ],
    ),
    (
        "requesting",
        [
            ".",
            "open",
            "failed",
            "failed",
            "locked",
            "failed",
            "wait",
            "gencsr",
            "failed",
            ".",
            ".",
            ".",
            ".",
            "failed",
            "interrupted",
            "interrupted",
            ".",
            ".",
        ],
    ),
    (
        "opening",
        [
            ".",
            ".",
            ".",
            ".",
            ".",
            ".",
            ".",
            ".",
            "failed",
            "decide",
            "site",
            ".",
            ".",
            "failed",
            "interrupted",
            "interrupted",
            ".",
            ".",
        ],
    ),
    (
        "deciding",
        [
            ".",
            ".",
            ".",
            ".",
            ".",
            ".",
            ".",
            ".",
            "failed",
            ".",
            ".",
            "configure",
            "shutdown",
            "failed",
            "interrupted",
            "interrupted",
            ".",
            "gencsr",
        ],
    ),
    (
        "stopping",
        [
            ".",
            "shutdown!",
            "shutdown!",
            "failed",
            "locked",
            "failed",
            "wait",
            "shutdown",
            "failed",
            ".",
            ".",
            ".",
            ".",
            "failed",
            "interrupted",
            "interrupted",
            ".",
            ".",
        ],
    ),
    (
        "configuring",
        [
            ".",
            "record",
            "record",
            "failed",
            "locked",
            "failed",
            "wait",
            "configure",
            "failed",
            ".",
            ".",
            ".",
            ".",
            "failed",
            "interrupted",
            "interrupted",
            ".",
            "gencsr",
        ],
    ),
    (
        "recording",
        [
            ".",
            ".",
            ".",
            ".",
            ".",
            ".",
            ".",
            ".",
            "unrestarted",
            ".",
            ".",
            ".",
            ".",
            "unrestarted",
            "unrestarted",
            "unrestarted",
            "restart",
            ".",
        ],
    ),
    (
        "restarting",
        [
            ".",
            "provisioned",
            "provisioned",
            "unrestarted",
            "unrestarted",
            "unrestarted",
            "wait",
            "restart",
            "unrestarted",
            ".",
            ".",
            ".",
            ".",
            "unrestarted",
            "unrestarted",
            "unrestarted",
            ".",
            ".",
        ],
    ),
    ("ended", ["interrupted"; 18]),
];

#[test]
fn every_state_knows_every_event() {
    for (from, row) in TABLE {
        for (name, expected) in EVENTS.into_iter().zip(row) {
            let expected = match (expected, from) {
                (".", "recording" | "restarting") => "unrestarted",
                (".", _) => "failed",
                (expected, _) => expected,
            };
            let step = state(from).on(event(name));
            assert_eq!(word(&step), expected, "{from} on {name}: {step:?}");
        }
    }
}

fn any_event() -> impl Strategy<Value = &'static str> {
    let more = ["deferred", "helper failed", "waited"];
    let all: Vec<_> = EVENTS.into_iter().chain(more).collect();
    proptest::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_session_is_never_stuck(events in proptest::collection::vec(any_event(), 0..40)) {
        let mut play = Sample::default().play();
        let mut configured = false;
        for name in events {
            let step = play.on(event(name));
            configured = configured || matches!(step, Step::Record(_));
            if let Step::End(Finish { end, .. }) = &step {
                // once configured, the node is restarted or left to the table for that, nothing else
                let kept = matches!(end, End::Provisioned { .. } | End::Unrestarted { .. });
                prop_assert_eq!(kept, configured);
                prop_assert_eq!(play.at(), "end");
            }
        }
        let last = play.on(Event::TimeUp);
        prop_assert!(matches!(last, Step::End(_)));
    }
}
