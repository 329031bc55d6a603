//! Single values, lists and tables.

use std::io;
use std::io::Write;

use comfy_table::Table;
use comfy_table::presets::ASCII_FULL_CONDENSED;
use serde::Serialize;
use serde_json::Value;

/// A value on one line: texts as they are, without what would move a terminal's cursor; anything else as JSON.
pub(in super::super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        other => other.to_string(),
    }
}

/// Nodes are strangers: their texts must not reach a terminal as commands to it.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

/// Indented JSON and a newline.
pub(in super::super) fn json_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// A table with a line around it.
pub(in super::super) fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table
        .load_preset(ASCII_FULL_CONDENSED)
        .set_header(head.to_vec());
    for row in rows {
        table.add_row(row);
    }
    table
}

/// Texts in so many columns.
pub(in super::super) fn columns(
    out: &mut dyn Write,
    items: &[String],
    count: usize,
) -> io::Result<()> {
    let width = items
        .iter()
        .map(|item| item.chars().count())
        .max()
        .unwrap_or(0);
    for row in items.chunks(count.max(1)) {
        let cells: Vec<_> = row.iter().map(|item| format!("{item:width$}")).collect();
        writeln!(out, "    {}", cells.join("    ").trim_end())?;
    }
    Ok(())
}
