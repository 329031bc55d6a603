//! The table of nodes: one line for each, as wide as the terminal. Pure.

use comfy_table::ColumnConstraint;
use comfy_table::ContentArrangement;
use comfy_table::Row as Line;
use comfy_table::Table;
use comfy_table::Width;
use comfy_table::presets::NOTHING;

use crate::cli::words::printable;
use crate::cli::words::span;
use crate::control::STANDINGS;
use crate::control::word;
use crate::table::Row;

/// The table and a summary. `known` is how many nodes there are, shown or not; without a width nothing is cut.
pub(super) fn render(rows: &[Row], known: usize, width: Option<u16>) -> String {
    let mut text = String::new();
    if !rows.is_empty() {
        for line in lines(rows, width) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text.push_str(&summary(rows, known));
    text.push('\n');
    text
}

/// The head of the table and a line for each row.
pub(super) fn lines(rows: &[Row], width: Option<u16>) -> Vec<String> {
    let mut table = Table::new();
    table
        .load_preset(NOTHING)
        .set_header(["IDENTITY", "STATE", "FOR", "WHY"])
        .set_truncation_indicator("…");
    for row in rows {
        let mut line = Line::from([
            printable(&row.identity),
            word(row.standing).to_owned(),
            span(row.for_seconds),
            printable(&row.why),
        ]);
        line.max_height(1);
        table.add_row(line);
    }
    for column in table.column_iter_mut() {
        // lines are cut where the width ends, not at the word before
        column.set_padding((0, 2)).set_delimiter(NEVER);
    }
    if let Some(width) = width {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width)
            .set_constraints([
                ColumnConstraint::UpperBoundary(Width::Percentage(40)),
                ColumnConstraint::ContentWidth,
                ColumnConstraint::ContentWidth,
            ]);
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// `3 of 12 nodes: 1 working, 2 deferred`
pub(super) fn summary(rows: &[Row], known: usize) -> String {
    let shown = rows.len();
    let nodes = if known == 1 { "node" } else { "nodes" };
    let mut text = if shown == known {
        format!("{known} {nodes}")
    } else {
        format!("{shown} of {known} {nodes}")
    };
    let counts: Vec<String> = STANDINGS
        .into_iter()
        .filter_map(|standing| {
            let count = rows.iter().filter(|row| row.standing == standing).count();
            (count > 0).then(|| format!("{count} {}", word(standing)))
        })
        .collect();
    if !counts.is_empty() {
        text.push_str(": ");
        text.push_str(&counts.join(", "));
    }
    text
}

/// What no cell contains: control characters are taken out of them.
const NEVER: char = '\0';

#[cfg(test)]
mod tests {
    use crate::table::Standing;

    use super::super::row;
    use super::*;

    fn long() -> Row {
        let mut long = row(&"x".repeat(70), Standing::Failed);
        long.why = "a reason that is much longer than any terminal is wide, and goes on ".repeat(4);
        long
    }

    #[test]
    fn each_node_has_one_line_and_the_last_line_counts_them() {
        let mut odd = row("web2", Standing::Deferred);
        odd.why = "two\nlines\u{1b}[2J".to_owned();
        let text = render(&[row("web1", Standing::Working), odd], 3, None);
        assert_eq!(
            text,
            "IDENTITY  STATE     FOR    WHY\n\
             web1      working   1m15s  because of web1\n\
             web2      deferred  1m15s  two lines [2J\n\
             2 of 3 nodes: 1 working, 1 deferred\n"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_none_is_wrapped() {
        let rows = [long(), row("short", Standing::Quarantined)];
        for width in [60, 80, 120, 500] {
            let lines = lines(&rows, Some(width));
            assert_eq!(lines.len(), 3, "{lines:#?}");
            for line in lines {
                let shown = line.chars().count();
                assert!(shown <= usize::from(width), "{width}: {shown}: {line}");
            }
        }
    }

    #[test]
    fn what_is_cut_shows_that_it_is() {
        let line = lines(&[long()], Some(80)).pop().unwrap();
        assert!(line.ends_with('…'), "{line}");
        assert!(line.chars().count() >= 76, "{line}");
    }

    #[test]
    fn short_names_are_not_cut() {
        let mut row = row("web1.example.net", Standing::Deferred);
        row.why = long().why;
        let line = lines(&[row], Some(80)).pop().unwrap();
        assert!(
            line.starts_with("web1.example.net  deferred  1m15s  a reason"),
            "{line}"
        );
    }

    #[test]
    fn without_a_terminal_nothing_is_cut() {
        let text = render(&[long()], 1, None);
        assert!(text.contains(long().why.trim_end()), "{text}");
    }

    #[test]
    fn without_nodes_there_is_only_the_summary() {
        assert_eq!(render(&[], 0, Some(80)), "0 nodes\n");
        assert_eq!(render(&[], 7, None), "0 of 7 nodes\n");
    }
}
