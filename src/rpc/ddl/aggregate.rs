//! Condensing one output of many replies, as the description asks for.

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value;

use super::model::Action;
use super::model::Aggregate;

/// The condensed outputs of an action. Functions other than `summary`, `boolean_summary` and `average` are ignored.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    columns: Vec<Column>,
}

impl Summary {
    /// Nothing added yet.
    #[must_use]
    pub fn new(action: &Action) -> Self {
        Self {
            columns: action
                .aggregate
                .iter()
                .filter_map(|aggregate| Column::new(action, aggregate))
                .collect(),
        }
    }

    /// Adds the data of one successful reply.
    pub fn add(&mut self, data: &Value) {
        for column in &mut self.columns {
            if let Some(value) = data.get(&column.output) {
                column.add(value);
            }
        }
    }

    /// Display name and condensed values of every output that had any, as `value = how often` or the average alone.
    pub fn sections(&self) -> impl Iterator<Item = (&str, Vec<(String, String)>)> {
        self.columns
            .iter()
            .filter(|column| !column.is_empty())
            .map(|column| (column.title.as_str(), column.lines()))
    }

    /// The same as JSON: name of the output, then counts by value or `Average`.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut map = Map::new();
        for column in self.columns.iter().filter(|column| !column.is_empty()) {
            map.insert(column.output.clone(), column.json());
        }
        map.into()
    }
}

#[derive(Debug, Clone)]
struct Column {
    output: String,
    title: String,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Counts(BTreeMap<String, u64>),
    Booleans {
        names: [String; 2],
        counts: [u64; 2],
    },
    Average {
        sum: f64,
        count: u32,
    },
}

impl Column {
    fn new(action: &Action, aggregate: &Aggregate) -> Option<Self> {
        let output = aggregate.output()?;
        let state = match aggregate.function.as_str() {
            "summary" => State::Counts(BTreeMap::new()),
            "boolean_summary" => {
                let name = |key: &str, or: &str| {
                    let named = aggregate.args.get(1).and_then(|names| names.get(key));
                    named.and_then(Value::as_str).unwrap_or(or).to_owned()
                };
                State::Booleans {
                    names: [name("false", "False"), name("true", "True")],
                    counts: [0, 0],
                }
            }
            "average" => State::Average { sum: 0.0, count: 0 },
            _ => return None,
        };
        let title = action
            .output
            .get(output)
            .map(|described| described.display_as.as_str())
            .filter(|title| !title.is_empty());
        Some(Self {
            output: output.to_owned(),
            title: title.unwrap_or(output).to_owned(),
            state,
        })
    }

    fn add(&mut self, value: &Value) {
        match (&mut self.state, value) {
            // a list counts by its members
            (State::Counts(counts), Value::Array(items)) => {
                for item in items {
                    count(counts, item);
                }
            }
            (State::Counts(counts), value) => count(counts, value),
            (
                State::Booleans {
                    counts: [no, yes], ..
                },
                value,
            ) => {
                let counter = if value.as_bool() == Some(true) {
                    yes
                } else {
                    no
                };
                *counter = counter.saturating_add(1);
            }
            (State::Average { sum, count }, value) => {
                if let Some(number) = value.as_f64() {
                    *sum += number;
                    *count = count.saturating_add(1);
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        match &self.state {
            State::Counts(counts) => counts.is_empty(),
            State::Booleans { counts, .. } => *counts == [0, 0],
            State::Average { count, .. } => *count == 0,
        }
    }

    /// Most frequent first.
    fn lines(&self) -> Vec<(String, String)> {
        let mut counts: Vec<_> = match &self.state {
            State::Counts(counts) => counts.iter().map(|(name, n)| (name.clone(), *n)).collect(),
            State::Booleans { names, counts } => present(names, counts).collect(),
            State::Average { sum, count } => {
                return vec![(
                    "Average".to_owned(),
                    format!("{:.3}", sum / f64::from(*count)),
                )];
            }
        };
        counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        counts
            .into_iter()
            .map(|(name, n)| (name, n.to_string()))
            .collect()
    }

    fn json(&self) -> Value {
        match &self.state {
            State::Counts(counts) => counts
                .iter()
                .map(|(name, n)| (name.clone(), Value::from(*n)))
                .collect(),
            State::Booleans { names, counts } => present(names, counts)
                .map(|(name, n)| (name, Value::from(n)))
                .collect(),
            State::Average { sum, count } => {
                [("Average".to_owned(), Value::from(sum / f64::from(*count)))]
                    .into_iter()
                    .collect()
            }
        }
    }
}

fn present(names: &[String; 2], counts: &[u64; 2]) -> impl Iterator<Item = (String, u64)> {
    names
        .iter()
        .cloned()
        .zip(counts.iter().copied())
        .filter(|(_, n)| *n > 0)
}

fn count(counts: &mut BTreeMap<String, u64>, value: &Value) {
    let name = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let counter = counts.entry(name).or_default();
    *counter = counter.saturating_add(1);
}
