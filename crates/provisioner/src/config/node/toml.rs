//! TOML as a tree.

use toml::de::DeTable;
use toml::de::DeValue;

use crate::config::fault::Fault;
use crate::config::node::Entry;
use crate::config::node::Node;
use crate::config::node::Value;

/// Reads one document.
pub(super) fn parse(text: &str) -> Result<Node, (Option<u64>, Fault)> {
    let lines = Lines::new(text);
    match DeTable::parse(text) {
        Ok(table) => Ok(Node {
            line: 1,
            value: map(table.into_inner(), &lines),
        }),
        Err(err) => Err((
            err.span().map(|span| lines.at(span.start)),
            Fault::Syntax {
                format: "TOML",
                text: err.message().lines().next().unwrap_or_default().to_owned(),
            },
        )),
    }
}

fn map(table: DeTable<'_>, lines: &Lines) -> Value {
    let entries = table.into_iter().map(|(key, value)| {
        let line = lines.at(key.span().start);
        Entry {
            line,
            key: key.into_inner().into_owned(),
            value: node(value.into_inner(), line, lines),
        }
    });
    Value::Map(entries.collect())
}

fn node(value: DeValue<'_>, line: u64, lines: &Lines) -> Node {
    let value = match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Text(number.to_string()),
        DeValue::Float(number) => Value::Text(number.to_string()),
        DeValue::Boolean(value) => Value::Text(value.to_string()),
        DeValue::Datetime(date) => Value::Text(date.to_string()),
        DeValue::Array(items) => Value::List(
            items
                .into_iter()
                .map(|item| {
                    let line = lines.at(item.span().start);
                    node(item.into_inner(), line, lines)
                })
                .collect(),
        ),
        DeValue::Table(table) => map(table, lines),
    };
    Node { line, value }
}

/// Where lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(ends.map(|(at, _)| at).collect())
    }

    /// The line, from 1, that holds a byte.
    fn at(&self, byte: usize) -> u64 {
        let before = self.0.partition_point(|end| *end < byte);
        u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1)
    }
}
