//! What stands below the answers: how many, how long, and who is missing.

use std::io;
use std::io::Write;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::elapsed::Elapsed;
use super::values::columns;
use crate::client::Stats;
use crate::protocol::names::Identity;

/// What stands below the answers.
pub(in super::super) struct Footer<'a> {
    pub(in super::super) stats: &'a Stats,
    pub(in super::super) discovery: Duration,
    pub(in super::super) verbose: bool,
}

impl Footer<'_> {
    pub(in super::super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let stats = self.stats;
        let total = stats.request_time.saturating_add(self.discovery);
        if self.verbose {
            self.print_details(total, out)?;
        } else {
            writeln!(
                out,
                "Finished processing {} / {} hosts in {}",
                stats.responses,
                stats.discovered,
                Elapsed::rounded(total)
            )?;
        }
        list(out, "No Responses from", &stats.no_responses)?;
        list(out, "Unexpected Responses from", &stats.unexpected)
    }

    fn print_details(&self, total: Duration, out: &mut dyn Write) -> io::Result<()> {
        let stats = self.stats;
        writeln!(out, "---- request stats ----")?;
        for (label, value) in [
            (
                "Nodes",
                format!("{} / {}", stats.responses, stats.discovered),
            ),
            ("Pass / Fail", format!("{} / {}", stats.ok, stats.failed)),
            ("No Responses", stats.no_responses.len().to_string()),
            ("Unexpected Responses", stats.unexpected.len().to_string()),
            ("Ignored Messages", stats.ignored.to_string()),
            ("Start Time", rfc3339(stats.started)),
            ("Discovery Time", Elapsed(self.discovery).to_string()),
            ("Publish Time", Elapsed(stats.publish_time).to_string()),
            (
                "Agent Time",
                Elapsed(stats.request_time.saturating_sub(stats.publish_time)).to_string(),
            ),
            ("Total Time", Elapsed(total).to_string()),
        ] {
            writeln!(out, "{label:>20}: {value}")?;
        }
        Ok(())
    }
}

fn list(out: &mut dyn Write, head: &str, nodes: &[Identity]) -> io::Result<()> {
    if nodes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{head}: {}\n", nodes.len())?;
    let names: Vec<_> = nodes.iter().map(|node| node.as_str().to_owned()).collect();
    columns(out, &names, 3)
}

/// A time as machines read it.
pub(super) fn rfc3339(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}
