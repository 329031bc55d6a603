//! Condensing one output of many replies, as the description asks for.
//!
//! Works as the reference does, whose JSON other programs read: every reply counts, an output that a reply lacks counts
//! with its default, a list or an object counts as its JSON text, and of two functions for one output the later wins.

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::chart::chart;
use super::model::Action;
use super::model::Aggregate;
use super::printf::Argument;
use super::printf::printf;

/// The condensed outputs of an action. Functions other than `summary`, `boolean_summary`, `average` and `chart` are
/// ignored.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    columns: BTreeMap<String, Column>,
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

    /// Adds the data of one reply.
    pub fn add(&mut self, data: &Value) {
        for (output, column) in &mut self.columns {
            let given = data.get(output);
            if let Some(value) = given.or(column.default.as_ref()) {
                column.state.add(&text(value));
            }
        }
    }

    /// Display name and condensed values of every output, by name of the output; a text with line breaks is a drawing.
    /// What nodes said is in them as they said it.
    pub fn sections(&self) -> impl Iterator<Item = (&str, Vec<String>)> {
        self.columns
            .values()
            .map(|column| (column.title.as_str(), column.lines()))
    }

    /// The same as JSON: name of the output, then counts by value, `average` or `chart`.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut map = Map::new();
        for (output, column) in &self.columns {
            if let Some(condensed) = column.state.json() {
                map.insert(output.clone(), condensed);
            }
        }
        map.into()
    }
}

#[derive(Debug, Clone)]
struct Column {
    title: String,
    /// Stands in for an output that a reply lacks.
    default: Option<Value>,
    /// For each line, in the manner of `printf`.
    format: Option<String>,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Counts {
        counts: BTreeMap<String, u64>,
        /// Names that values are counted under.
        names: BTreeMap<String, String>,
    },
    Average {
        sum: f64,
        count: u32,
    },
    Chart(Vec<f64>),
}

impl Column {
    fn new(action: &Action, aggregate: &Aggregate) -> Option<(String, Self)> {
        let name = aggregate.output()?;
        let options = aggregate.args.get(1).and_then(Value::as_object);
        let state = match aggregate.function.as_str() {
            "summary" | "boolean_summary" => State::Counts {
                counts: BTreeMap::new(),
                names: options.map(names).unwrap_or_default(),
            },
            "average" => State::Average { sum: 0.0, count: 0 },
            "chart" => State::Chart(Vec::new()),
            _ => return None,
        };
        let output = action.output.get(name);
        let title = output
            .map(|output| output.display_as.as_str())
            .filter(|title| !title.is_empty());
        let column = Self {
            title: title.unwrap_or(name).to_owned(),
            default: output
                .map(|output| output.default.clone())
                .filter(|default| !default.is_null()),
            format: options
                .and_then(|options| options.get(FORMAT))
                .and_then(Value::as_str)
                .map(str::to_owned),
            state,
        };
        Some((name.to_owned(), column))
    }

    /// Most frequent first.
    fn lines(&self) -> Vec<String> {
        match &self.state {
            State::Counts { counts, .. } => {
                let width = counts.keys().map(|name| name.chars().count()).max();
                let usual = format!("%{}s: %d", width.unwrap_or(0));
                let format = self.format.as_deref().unwrap_or(&usual);
                let mut counts: Vec<_> = counts.iter().collect();
                counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
                counts
                    .into_iter()
                    .map(|(name, count)| {
                        printf(format, &[Argument::Text(name), Argument::Whole(*count)])
                    })
                    .collect()
            }
            State::Average { count: 0, .. } => Vec::new(),
            State::Average { sum, count } => {
                let format = self.format.as_deref().unwrap_or("Average: %.3f");
                let average = sum / f64::from(*count);
                vec![printf(format, &[Argument::Decimal(average)])]
            }
            State::Chart(values) => chart(values).into_iter().collect(),
        }
    }
}

impl State {
    fn add(&mut self, value: &str) {
        let number = || value.parse().ok().filter(|number: &f64| number.is_finite());
        match self {
            Self::Counts { counts, names } => {
                let name = names.get(value).map_or(value, String::as_str);
                let counter = counts.entry(name.to_owned()).or_default();
                *counter = counter.saturating_add(1);
            }
            Self::Average { sum, count } => {
                if let Some(number) = number() {
                    *sum += number;
                    *count = count.saturating_add(1);
                }
            }
            Self::Chart(values) => values.extend(number()),
        }
    }

    /// Nothing where there is no number to condense.
    fn json(&self) -> Option<Value> {
        match self {
            Self::Counts { counts, .. } => Some(json!(counts)),
            Self::Average { count: 0, .. } => None,
            Self::Average { sum, count } => Some(json!({"average": sum / f64::from(*count)})),
            Self::Chart(values) => chart(values).map(|drawing| json!({"chart": drawing})),
        }
    }
}

/// `{"true": "Up", "false": "Down"}`.
fn names(options: &Map<String, Value>) -> BTreeMap<String, String> {
    options
        .iter()
        .filter(|(key, _)| key.as_str() != FORMAT)
        .map(|(key, name)| (key.clone(), text(name)))
        .collect()
}

/// A value as it is counted. The reference knows decimal numbers only, so that `1.0` and `1` are one.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(decimal) if number.is_f64() && decimal.abs() < LARGEST_PLAIN => {
                decimal.to_string()
            }
            Some(_) | None => number.to_string(),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

const FORMAT: &str = "format";
/// Larger numbers are written with an exponent.
const LARGEST_PLAIN: f64 = 1e21;
