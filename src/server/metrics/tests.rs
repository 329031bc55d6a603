use std::collections::BTreeSet;

use super::metric;
use super::table::CHAPTERS;
use super::*;
use crate::os::usage::Times;
use crate::rpc::Stats;
use crate::transport;

fn figures() -> Figures {
    Figures {
        identity: "n1.example.net".to_owned(),
        version: "1.2.3",
        sha: "0123abc",
        provisioning: true,
        connected: false,
        requests: Stats::default().snapshot(),
        link: transport::Stats::default(),
        started: 1_700_000_000,
        last_message: 0,
        clock_offset: -7,
        clock_in_doubt: true,
        problems: 2,
        certificate_expires: None,
        resident: None,
        times: Times { user: 1, system: 2 },
    }
}

fn page(figures: &Figures) -> String {
    metric::page(CHAPTERS, figures)
}

fn names() -> Vec<&'static str> {
    let metrics = CHAPTERS.iter().flat_map(|chapter| chapter.metrics);
    metrics.map(|metric| metric.name).collect()
}

#[test]
fn every_metric_has_a_name_of_its_own_in_the_style_of_the_house() {
    let names = names();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for metric in CHAPTERS.iter().flat_map(|chapter| chapter.metrics) {
        let name = metric.name;
        assert!(
            name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{name}"
        );
        assert!(metric.about.ends_with('.'), "{name}");
        if !name.starts_with("choria_") {
            let grows = metric.kind == metric::Kind::Counter;
            assert_eq!(name.ends_with("_total"), grows, "{name}");
        }
    }
}

#[test]
fn every_name_of_the_reference_that_a_node_can_count_is_there() {
    for name in [
        "choria_build_info",
        "choria_server_total",
        "choria_server_validated",
        "choria_server_unvalidated",
        "choria_server_passed",
        "choria_server_filtered",
        "choria_server_replies",
        "choria_server_ttlexpired",
        "choria_server_events",
        "choria_connector_initial_connection_attempts",
        "choria_connector_reconnections",
        "choria_connector_connection_closed",
        "choria_connector_errors",
        "choria_connector_initial_connect_time",
    ] {
        assert!(names().contains(&name), "{name}");
    }
}

#[test]
fn the_page_is_what_prometheus_reads() {
    let mut figures = figures();
    figures.requests.total = 3;
    let page = page(&figures);
    for lines in [
        "# HELP choria_build_info What runs; always 1.\n# TYPE choria_build_info gauge\n\
         choria_build_info{version=\"1.2.3\",sha=\"0123abc\",identity=\"n1.example.net\"} 1\n",
        "# TYPE choria_server_total counter\nchoria_server_total{identity=\"n1.example.net\"} 3\n",
        "\nmuster_transport_connected 0\n",
        "\nmuster_server_provisioning 1\n",
        "\nmuster_server_open_problems 2\n",
        "\nmuster_server_clock_offset_seconds -7\n",
        "\nprocess_cpu_seconds_total 3\n",
    ] {
        assert!(page.contains(lines), "{lines}\n--\n{page}");
    }
    for line in page.lines() {
        let comment = line.starts_with("# HELP ") || line.starts_with("# TYPE ");
        let value = line.rsplit_once(' ').map(|(_, value)| value.parse::<f64>());
        assert!(comment || matches!(value, Some(Ok(_))), "{line}");
    }
    assert!(page.ends_with('\n'));
}

#[test]
fn what_is_not_known_is_not_on_the_page() {
    let mut figures = figures();
    let without = page(&figures);
    assert!(!without.contains("certificate_expiry") && !without.contains("resident"));
    assert!(without.contains("choria_connector_initial_connect_time_count 0\n"));
    figures.certificate_expires = Some(1_800_000_000);
    figures.link.first_connect = Some(Duration::from_millis(1250));
    let with = page(&figures);
    assert!(with.contains("muster_security_certificate_expiry_timestamp_seconds 1800000000\n"));
    assert!(with.contains(
        "# TYPE choria_connector_initial_connect_time summary\n\
         choria_connector_initial_connect_time_sum 1.250\n\
         choria_connector_initial_connect_time_count 1\n"
    ));
}

#[test]
fn labels_are_escaped() {
    let mut figures = figures();
    figures.identity = "a\\b\"c\nd".to_owned();
    assert!(page(&figures).contains("choria_server_total{identity=\"a\\\\b\\\"c\\nd\"} 0\n"));
}

#[test]
fn the_documentation_has_every_metric() {
    let text = reference_markdown();
    for name in names() {
        assert!(text.contains(&format!("| `{name}` |")), "{name}");
    }
}
