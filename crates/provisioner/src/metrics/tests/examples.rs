//! The alert rules and the dashboard that are shipped fit the metrics that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::Value;

use crate::control::STANDINGS;
use crate::control::word;
use crate::metrics::table::CHAPTERS;
use crate::metrics::table::Kind;

fn text(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/monitoring");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Every series that a query may name.
fn series() -> BTreeSet<String> {
    CHAPTERS
        .iter()
        .flat_map(|chapter| chapter.rows)
        .flat_map(|row| match row.kind {
            Kind::Counter | Kind::Gauge => vec![row.name.to_owned()],
            Kind::Histogram => ["_sum", "_count", "_bucket"]
                .map(|ending| format!("{}{ending}", row.name))
                .to_vec(),
        })
        .collect()
}

/// Every expression below `value` that has this key.
fn queries(value: &Value, key: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match value {
                    Value::String(text) if name == key => found.push(text.clone()),
                    other => queries(other, key, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, key, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check(queries: &[String]) -> BTreeSet<String> {
    let known = series();
    let names = Regex::new(r"\b(choria_|process_)\w+").unwrap();
    let states = Regex::new(r#"state=~?"([^"]*)""#).unwrap();
    let words: BTreeSet<&str> = STANDINGS.map(word).into();
    let mut used = BTreeSet::new();
    for query in queries {
        let named: Vec<String> = names
            .find_iter(query)
            .map(|it| it.as_str().to_owned())
            .collect();
        assert!(!named.is_empty(), "{query}");
        for name in named {
            assert!(known.contains(&name), "{name} in {query}");
            used.insert(name);
        }
        for state in states
            .captures_iter(query)
            .flat_map(|it| it.extract::<1>().1[0].split('|'))
        {
            assert!(words.contains(state), "{state} in {query}");
        }
        let count = |c| query.matches(c).count();
        assert_eq!(count('('), count(')'), "{query}");
        assert_eq!(count('{'), count('}'), "{query}");
        assert_eq!(count('['), count(']'), "{query}");
    }
    used
}

#[test]
fn the_alert_rules_name_metrics_that_exist() {
    let rules: Value = serde_saphyr::from_str(&text("alerts.yaml")).unwrap();
    let mut found = Vec::new();
    queries(&rules, "expr", &mut found);
    assert!(found.len() >= 8, "{found:?}");
    check(&found);
    for rule in rules["groups"][0]["rules"].as_array().unwrap() {
        for field in ["alert", "expr"] {
            assert!(rule[field].is_string(), "{field} of {rule}");
        }
        for field in ["summary", "description"] {
            assert!(rule["annotations"][field].is_string(), "{field} of {rule}");
        }
        assert!(rule["labels"]["severity"].is_string(), "{rule}");
    }
}

#[test]
fn the_dashboard_shows_metrics_that_exist() {
    let dashboard: Value = serde_json::from_str(&text("dashboard.json")).unwrap();
    let mut found = Vec::new();
    queries(&dashboard, "expr", &mut found);
    let used = check(&found);
    for name in [
        "choria_provisioner_provisioned",
        "choria_provisioner_busy_workers",
        "choria_provisioner_paused",
        "choria_provisioner_discovered",
        "choria_provisioner_event_discovered",
        "choria_provisioner_rpc_time_sum",
        "choria_provisioner_helper_time_sum",
        "choria_provisioner_rpc_errors",
        "choria_provisioner_nodes",
        "choria_provisioner_oldest_waiting_seconds",
    ] {
        assert!(used.contains(name), "{name} is not shown");
    }
    let ids: Vec<&Value> = dashboard["panels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|panel| &panel["id"])
        .collect();
    let different: BTreeSet<String> = ids.iter().map(|id| id.to_string()).collect();
    assert_eq!(different.len(), ids.len());
}
