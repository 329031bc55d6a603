//! Answers as text and as a table.

use std::io;
use std::io::Write;

use serde_json::Map;
use serde_json::Value;

use super::values::plain;
use super::values::printable;
use super::values::table;
use crate::client::Answer;
use crate::protocol::body::StatusCode;
use crate::rpc::ddl::Action;
use crate::rpc::ddl::Display;
use crate::rpc::ddl::Summary;

/// Which answers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Shown {
    Ok,
    Failed,
    All,
    None,
}

impl From<Display> for Shown {
    fn from(display: Display) -> Self {
        match display {
            Display::Ok => Self::Ok,
            Display::Failed => Self::Failed,
            Display::Always => Self::All,
        }
    }
}

impl Shown {
    const fn includes(self, status: StatusCode) -> bool {
        match self {
            Self::Ok => matches!(status, StatusCode::Ok),
            Self::Failed => !matches!(status, StatusCode::Ok),
            Self::All => true,
            Self::None => false,
        }
    }
}

/// Answers to one action, with its description if there is one.
pub(in super::super) struct Sheet<'a> {
    pub(in super::super) action: Option<&'a Action>,
    pub(in super::super) answers: &'a [Answer],
}

impl Sheet<'_> {
    /// One block for each answer.
    pub(in super::super) fn text(&self, shown: Shown, out: &mut dyn Write) -> io::Result<()> {
        for answer in self.answers {
            if shown.includes(answer.reply.statuscode) {
                self.block(answer, out)?;
            }
        }
        Ok(())
    }

    /// One row for each successful answer.
    pub(in super::super) fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows: Vec<_> = self
            .answers
            .iter()
            .filter(|answer| answer.reply.statuscode == StatusCode::Ok)
            .collect();
        let mut keys: Vec<&str> = match self.action {
            Some(action) if !action.output.is_empty() => {
                action.output.keys().map(String::as_str).collect()
            }
            Some(_) | None => rows
                .iter()
                .filter_map(|answer| answer.reply.data.as_object())
                .flat_map(Map::keys)
                .map(String::as_str)
                .collect(),
        };
        keys.sort_unstable();
        keys.dedup();
        let titles: Vec<_> = keys.iter().map(|key| self.title(key)).collect();
        let mut head = vec!["Sender"];
        head.extend(titles.iter().map(String::as_str));
        let rows = rows.iter().map(|answer| {
            let mut row = vec![answer.sender.as_str().to_owned()];
            row.extend(
                keys.iter()
                    .map(|key| answer.reply.data.get(key).map(plain).unwrap_or_default()),
            );
            row
        });
        writeln!(out, "{}", table(&head, rows))
    }

    fn block(&self, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
        let status = status(answer.reply.statuscode);
        writeln!(out, "{:<40} {status}", answer.sender.as_str())?;
        writeln!(out)?;
        if answer.reply.statuscode == StatusCode::Ok {
            self.outputs(&answer.reply.data, out)?;
        } else {
            writeln!(out, "    {}", printable(&answer.reply.statusmsg))?;
        }
        writeln!(out)
    }

    fn outputs(&self, data: &Value, out: &mut dyn Write) -> io::Result<()> {
        let Some(data) = data.as_object() else {
            return writeln!(out, "   {}", plain(data));
        };
        let lines: Vec<_> = data
            .iter()
            .map(|(key, value)| (self.title(key), value))
            .collect();
        let width = lines
            .iter()
            .map(|(title, _)| title.chars().count())
            .max()
            .unwrap_or(0);
        for (title, value) in lines {
            let text = match value {
                Value::Object(map) if !map.is_empty() => pretty(value),
                Value::Array(items)
                    if items.iter().any(|item| item.is_object() || item.is_array()) =>
                {
                    pretty(value)
                }
                other => plain(other),
            };
            // what does not fit on one line stands below the first one
            let margin = format!("\n{:width$}", "", width = width.saturating_add(5));
            writeln!(
                out,
                "   {title:>width$}: {}",
                text.trim_end().replace('\n', &margin)
            )?;
        }
        Ok(())
    }

    fn title(&self, key: &str) -> String {
        self.action
            .and_then(|action| action.output.get(key))
            .map(|output| output.display_as.as_str())
            .filter(|title| !title.is_empty())
            .map_or_else(|| printable(key), str::to_owned)
    }
}

/// What the description asks to condense.
pub(in super::super) fn summaries(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    for (title, lines) in summary.sections() {
        writeln!(out, "Summary of {title}:\n")?;
        if lines.is_empty() {
            writeln!(out, "   No summary received")?;
        }
        for line in lines {
            // a drawing brings its own margin
            let margin = if line.contains('\n') { "" } else { "   " };
            writeln!(out, "{margin}{}", printable(&line))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

const fn status(code: StatusCode) -> &'static str {
    match code {
        StatusCode::Ok => "",
        StatusCode::Aborted => "Request Aborted",
        StatusCode::UnknownAction => "Unknown Action",
        StatusCode::MissingData => "Missing Request Data",
        StatusCode::InvalidData => "Invalid Request Data",
        StatusCode::UnknownError => "Unknown Request Status",
    }
}
