//! The documentation, made of the table.

use std::fmt::Write as _;

use crate::metrics::calls::Rpc;
use crate::metrics::calls::Step;
use crate::metrics::table::CHAPTERS;
use crate::metrics::table::Row;

/// docs/provisioner-metrics.md. A test compares it with the file and can write it anew.
#[must_use]
pub fn reference_markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    for chapter in CHAPTERS {
        // writing to a string cannot fail
        let _ = writeln!(
            text,
            "\n## {}\n\n| Metric | Type | Labels | Meaning |\n|---|---|---|---|",
            chapter.title
        );
        for row in chapter.rows {
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} |",
                row.name,
                row.kind.word(),
                labels(row),
                row.about
            );
        }
    }
    let _ = writeln!(
        text,
        "\n`rpc` is one of {}; `step` is one of {}.",
        words(Rpc::ALL.map(Rpc::label).as_slice()),
        words(Step::ALL.map(Step::label).as_slice())
    );
    text
}

fn labels(row: &Row) -> String {
    words(row.labels)
}

fn words(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

const INTRODUCTION: &str = include_str!("introduction.md");
