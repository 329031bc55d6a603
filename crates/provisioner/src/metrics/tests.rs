use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use muster::build_info::BUILD_INFO;
use prometheus::proto::MetricType;

use super::table::CHAPTERS;
use super::table::Kind;
use super::*;
use crate::control::STANDINGS;
use crate::control::word;
use crate::table::Standing;

mod examples;

fn metrics() -> Metrics {
    Metrics::new("TEST", &BUILD_INFO, 1_000).unwrap()
}

/// The value of a series of the page.
fn value(metrics: &Metrics, series: &str) -> Option<f64> {
    let page = metrics.render();
    page.lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
        .map(|value| value.parse().unwrap())
}

#[test]
fn what_is_registered_is_what_the_table_says() {
    let metrics = metrics();
    // a family without series is not gathered
    metrics.message_refused("size");
    let gathered: BTreeMap<String, MetricType> = metrics
        .inner
        .shelf
        .registry
        .gather()
        .iter()
        .map(|family| (family.name().to_owned(), family.get_field_type()))
        .collect();
    let table: BTreeMap<String, MetricType> = CHAPTERS
        .iter()
        .flat_map(|chapter| chapter.rows)
        .map(|row| {
            let kind = match row.kind {
                Kind::Counter => MetricType::COUNTER,
                Kind::Gauge => MetricType::GAUGE,
                Kind::Histogram => MetricType::HISTOGRAM,
            };
            (row.name.to_owned(), kind)
        })
        .collect();
    assert_eq!(gathered, table);
}

#[test]
fn no_label_can_be_an_identity() {
    let metrics = metrics();
    metrics.message_refused("size");
    let labels: BTreeSet<String> = metrics
        .inner
        .shelf
        .registry
        .gather()
        .iter()
        .flat_map(|family| family.get_metric().to_owned())
        .flat_map(|metric| metric.get_label().to_owned())
        .map(|label| label.name().to_owned())
        .collect();
    let closed = ["reason", "rpc", "sha", "site", "state", "step", "version"];
    assert_eq!(labels, closed.map(str::to_owned).into());
}

#[test]
fn every_series_carries_the_site() {
    let page = metrics().render();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        assert!(line.contains("site=\"TEST\""), "{line}");
    }
}

/// Spec 05 §9: name and type. A summary of the reference is a histogram with the same `_sum` and `_count`.
#[test]
fn every_name_of_the_reference_is_there_from_the_start() {
    let metrics = metrics();
    let page = metrics.render();
    for (name, kind, labels) in [
        ("rpc_time", "histogram", ",site=\"TEST\""),
        ("rpc_errors", "counter", ",site=\"TEST\""),
        ("helper_time", "histogram", ""),
        ("helper_errors", "counter", ""),
        ("helper_shutdown_requests", "counter", ""),
        ("discovered", "counter", ""),
        ("event_discovered", "counter", ""),
        ("discover_cycles", "counter", ""),
        ("discovery_errors", "counter", ""),
        ("provision_errors", "counter", ""),
        ("busy_workers", "gauge", ""),
        ("provisioned", "counter", ""),
        ("work_queue_entries", "gauge", ""),
        ("waiting_nodes", "gauge", ""),
        ("paused", "gauge", ""),
    ] {
        let name = format!("choria_provisioner_{name}");
        let kind_line = format!("# TYPE {name} {kind}");
        assert!(page.lines().any(|line| line == kind_line), "{kind_line}");
        let labels = if labels.is_empty() {
            "{site=\"TEST\"}"
        } else {
            "{rpc=\"choria_provision#gencsr\",site=\"TEST\"}"
        };
        let endings: &[&str] = if kind == "histogram" {
            &["_sum", "_count"]
        } else {
            &[""]
        };
        for ending in endings {
            let series = format!("{name}{ending}{labels}");
            assert_eq!(value(&metrics, &series), Some(0.0), "{series}\n{page}");
        }
    }
}

#[test]
fn each_event_moves_its_own_counter() {
    type Event = fn(&Metrics);
    let site = "{site=\"TEST\"}";
    let events: [(&str, Event); 16] = [
        ("discovered", Metrics::discovered),
        ("event_discovered", Metrics::event_discovered),
        ("registration_discovered", Metrics::registration_discovered),
        ("discover_cycles", Metrics::discover_cycle),
        ("discovery_errors", Metrics::discovery_error),
        ("provision_errors", Metrics::provision_error),
        ("helper_errors", Metrics::helper_failed),
        ("helper_shutdown_requests", Metrics::helper_shutdown),
        ("failed_total", Metrics::failed),
        ("deferred_total", Metrics::deferred),
        ("locked_total", Metrics::locked),
        ("refused_total", Metrics::refused),
        ("quarantined_total", Metrics::quarantined),
        ("provisioned", |it| it.provisioned(Duration::from_secs(3))),
        ("confirmed_total", |it| it.confirmed(Duration::from_secs(3))),
        ("helper_time_count", |it| it.helper(Duration::from_secs(3))),
    ];
    for (name, event) in events {
        let metrics = metrics();
        event(&metrics);
        let moved: Vec<&str> = events
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| {
                let series = format!("choria_provisioner_{name}{site}");
                value(&metrics, &series) == Some(1.0)
            })
            .collect();
        assert_eq!(moved, [name]);
    }
}

#[test]
fn times_are_seconds_in_buckets() {
    let metrics = metrics();
    metrics.rpc(Rpc::Configure, Duration::from_millis(1500));
    metrics.rpc_failed(Rpc::Configure);
    metrics.step(Step::Confirm, Duration::from_secs(100));
    metrics.provisioned(Duration::from_secs(90));
    let rpc = "rpc=\"choria_provision#configure\",site=\"TEST\"";
    for (series, expected) in [
        (format!("rpc_time_sum{{{rpc}}}"), 1.5),
        (format!("rpc_time_count{{{rpc}}}"), 1.0),
        (format!("rpc_time_bucket{{{rpc},le=\"1\"}}"), 0.0),
        (format!("rpc_time_bucket{{{rpc},le=\"2.5\"}}"), 1.0),
        (format!("rpc_errors{{{rpc}}}"), 1.0),
        (
            "step_seconds_bucket{step=\"confirm\",site=\"TEST\",le=\"60\"}".to_owned(),
            0.0,
        ),
        (
            "step_seconds_sum{step=\"confirm\",site=\"TEST\"}".to_owned(),
            100.0,
        ),
        ("provision_seconds_sum{site=\"TEST\"}".to_owned(), 90.0),
    ] {
        let series = format!("choria_provisioner_{series}");
        assert_eq!(value(&metrics, &series), Some(expected), "{series}");
    }
}

#[test]
fn gauges_are_what_was_set_last() {
    let metrics = metrics();
    let nodes =
        |standing| format!("choria_provisioner_nodes{{state=\"{standing}\",site=\"TEST\"}}");
    let mut gauges = Gauges {
        busy_workers: 1,
        work_queue_entries: 2,
        waiting_nodes: 3,
        paused: true,
        oldest_waiting_seconds: 4,
        site_fault: true,
        connected: true,
        ready: true,
        nodes_by_standing: BTreeMap::from([(Standing::Deferred, 5)]),
    };
    metrics.set(&gauges);
    for (name, expected) in [
        ("busy_workers", 1.0),
        ("work_queue_entries", 2.0),
        ("waiting_nodes", 3.0),
        ("paused", 1.0),
        ("oldest_waiting_seconds", 4.0),
        ("site_fault", 1.0),
        ("connected", 1.0),
        ("ready", 1.0),
    ] {
        let series = format!("choria_provisioner_{name}{{site=\"TEST\"}}");
        assert_eq!(value(&metrics, &series), Some(expected), "{series}");
    }
    assert_eq!(value(&metrics, &nodes("deferred")), Some(5.0));
    gauges.nodes_by_standing.clear();
    metrics.set(&gauges);
    for standing in STANDINGS.map(word) {
        assert_eq!(value(&metrics, &nodes(standing)), Some(0.0), "{standing}");
    }
}

#[test]
fn two_provisioners_in_one_process_do_not_add_up() {
    let (one, other) = (metrics(), metrics());
    one.failed();
    let series = "choria_provisioner_failed_total{site=\"TEST\"}";
    assert_eq!(value(&one, series), Some(1.0));
    assert_eq!(value(&other, series), Some(0.0));
}

#[test]
fn the_process_tells_about_itself() {
    let metrics = metrics();
    let read = |name| value(&metrics, &format!("{name}{{site=\"TEST\"}}")).unwrap();
    assert!(read("process_resident_memory_bytes") > 100_000.0);
    assert_eq!(read("process_start_time_seconds"), 1_000.0);
    assert!(read("process_cpu_seconds_total") >= 0.0);
}

#[test]
fn a_site_of_any_spelling_is_one_label() {
    let metrics = Metrics::new("a\"} 1\nb \\", &BUILD_INFO, 0).unwrap();
    let page = metrics.render();
    assert!(page.contains(r#"{site="a\"} 1\nb \\"}"#), "{page}");
}

#[test]
fn the_documents_of_metrics_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/provisioner-metrics.md");
    let generated = reference_markdown();
    if std::env::var_os("MUSTER_BLESS").is_some() {
        let mut file = File::create(&path).unwrap();
        file.write_all(generated.as_bytes()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    assert!(
        written == generated,
        "docs/provisioner-metrics.md is not current"
    );
}
