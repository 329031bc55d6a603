use std::collections::BTreeMap;
use std::time::Duration;

use muster::build_info::BUILD_INFO;
use muster::protocol::body::StatusCode;
use serde_json::Map;

use super::*;
use crate::session::Call;
use crate::session::Finish;
use crate::session::Reply;
use crate::table::End;

fn metrics() -> Metrics {
    Metrics::new("", &BUILD_INFO, 0).unwrap()
}

/// Series of the page that are not zero, by what their name holds.
fn moved(metrics: &Metrics, name: &str) -> BTreeMap<String, String> {
    let page = metrics.render();
    page.lines()
        .filter(|line| line.contains(name) && !line.starts_with('#') && !line.ends_with(" 0"))
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(series, value)| (series.to_owned(), value.to_owned()))
        .collect()
}

fn call(action: Action) -> Step {
    Step::Call(Call {
        action,
        data: Map::new(),
    })
}

fn end() -> Step {
    Step::End(Finish {
        end: End::Interrupted,
        site_fault: None,
        helper_failed: false,
    })
}

fn answered(status: StatusCode) -> Event {
    Event::Answered(Reply {
        status,
        message: String::new(),
        data: Map::new(),
    })
}

/// Plays calls with what came of each, waits between those of the same action, and the end.
fn play(calls: &[(Action, Event)]) -> Metrics {
    let metrics = metrics();
    let mut meter = Meter::new(&metrics);
    let mut last = None;
    for (action, event) in calls {
        if last == Some(*action) {
            meter.begins(&Step::Wait(Duration::ZERO));
        }
        meter.begins(&call(*action));
        meter.heard(*action, event);
        last = Some(*action);
    }
    meter.begins(&end());
    metrics
}

#[test]
fn a_step_is_measured_once_whatever_tries_it_took() {
    let metrics = play(&[
        (Action::Configure, Event::Silent),
        (Action::Configure, Event::Silent),
        (Action::Configure, answered(StatusCode::Ok)),
        (Action::Restart, answered(StatusCode::Ok)),
    ]);
    let counts = moved(&metrics, "step_seconds_count");
    let series =
        |step| format!("choria_provisioner_step_seconds_count{{step=\"{step}\",site=\"\"}}");
    let once = |step| (series(step), "1".to_owned());
    assert_eq!(counts, BTreeMap::from([once("configure"), once("restart")]));
    assert_eq!(moved(&metrics, "rpc_errors"), BTreeMap::new());
}

#[test]
fn a_request_that_failed_in_the_end_is_counted_once() {
    for failing in [
        Event::Silent,
        Event::TimeUp,
        Event::Impossible {
            error: String::new(),
        },
        answered(StatusCode::Aborted),
    ] {
        let metrics = play(&[
            (Action::Gencsr, answered(StatusCode::Ok)),
            (Action::Configure, Event::Silent),
            (Action::Configure, failing),
        ]);
        let series = "choria_provisioner_rpc_errors{rpc=\"choria_provision#configure\",site=\"\"}";
        let once = BTreeMap::from([(series.to_owned(), "1".to_owned())]);
        assert_eq!(moved(&metrics, "rpc_errors"), once);
    }
}

#[test]
fn what_the_provisioner_broke_off_itself_is_no_failure_of_a_request() {
    for broken_off in [Event::Lost, Event::StartedAnew] {
        let metrics = play(&[(Action::Configure, broken_off)]);
        assert_eq!(moved(&metrics, "rpc_errors"), BTreeMap::new());
    }
}
