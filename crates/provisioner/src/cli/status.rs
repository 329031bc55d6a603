//! `status`: how the provisioner is.

use std::io::Write;

use clap::Args;
use muster::report::Exit;

use crate::cli::error::CliError;
use crate::cli::socket::SocketArgs;
use crate::cli::words::moment;
use crate::cli::words::printable;
use crate::cli::words::span;
use crate::control::Answer;
use crate::control::Command;
use crate::control::STANDINGS;
use crate::control::StatusDocument;
use crate::control::word;

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Print a JSON document
    #[arg(long, short)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) socket: SocketArgs,
}

pub(super) fn run(args: &StatusArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    let Answer::Status(status) = args.socket.ask(&Command::Status)? else {
        return Err(CliError::OtherAnswer);
    };
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &status).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        out.write_all(render(&status).as_bytes())?;
    }
    Ok(Exit::Ok)
}

/// For people: one line for each thing, what is wrong first.
fn render(status: &StatusDocument) -> String {
    let mut lines = Lines::default();
    lines.add("Ready", &readiness(status));
    lines.add_some("Paused", status.paused.as_deref());
    lines.add_some("Site fault", status.site_fault.as_deref());
    lines.add_some("Nobody begins", status.holds.as_deref());
    lines.add_some("Journal", status.journal_error.as_deref());
    lines.add_some("Last error", status.last_error.as_deref());
    let broker = match (&status.broker, status.connected) {
        (Some(broker), true) => broker.as_str(),
        (None, true) => "connected",
        (_, false) => "not connected",
    };
    lines.add("Broker", broker);
    lines.add(
        "Workers",
        &format!("{} of {} busy", status.busy, status.workers),
    );
    lines.add("Nodes", &counts(status));
    let oldest = status.oldest_waiting_seconds.map(span);
    lines.add_some("Oldest waiting", oldest.as_deref());
    lines.add(
        "Since the start",
        &format!(
            "{} provisioned, {} confirmed, {} failed",
            status.provisioned_total, status.confirmed_total, status.failed_total
        ),
    );
    let discovery = status.last_discovery.map_or_else(
        || "none yet".to_owned(),
        |it| format!("{}, {} nodes answered", moment(it.at), it.found),
    );
    lines.add("Last discovery", &discovery);
    lines.add_some("Metrics", status.monitor.as_deref());
    lines.add("Site", &status.site);
    lines.add(
        "Configuration",
        &format!(
            "{}, read {}",
            status.config_file,
            moment(status.config_loaded_at)
        ),
    );
    lines.add("Instance", &status.instance);
    lines.add(
        "Running",
        &format!(
            "{} for {}, since {}",
            status.version,
            span(status.uptime_seconds),
            moment(status.started)
        ),
    );
    lines.text()
}

fn readiness(status: &StatusDocument) -> String {
    let draining = if status.draining { ", draining" } else { "" };
    if status.ready.is_empty() {
        format!("yes{draining}")
    } else {
        format!("no{draining}: {}", status.ready.join("; "))
    }
}

fn counts(status: &StatusDocument) -> String {
    let counts: Vec<String> = STANDINGS
        .into_iter()
        .filter_map(|standing| {
            let count = status.counts.get(&standing).filter(|count| **count > 0)?;
            Some(format!("{count} {}", word(standing)))
        })
        .collect();
    if counts.is_empty() {
        "none".to_owned()
    } else {
        counts.join(", ")
    }
}

#[derive(Default)]
struct Lines(Vec<(&'static str, String)>);

impl Lines {
    fn add(&mut self, label: &'static str, value: &str) {
        self.0.push((label, printable(value)));
    }

    fn add_some(&mut self, label: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(label, value);
        }
    }

    fn text(&self) -> String {
        let width = self.0.iter().map(|(label, _)| label.len()).max();
        let width = width.unwrap_or_default();
        self.0
            .iter()
            .map(|(label, value)| format!("{label:>width$}: {value}\n"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::control::LastDiscovery;
    use crate::table::Standing;

    use super::*;

    fn well() -> StatusDocument {
        StatusDocument {
            version: "1.2.3".to_owned(),
            instance: "prov1:42".to_owned(),
            site: "TEST".to_owned(),
            uptime_seconds: 3_720,
            connected: true,
            broker: Some("broker:4222".to_owned()),
            config_file: "/etc/p.yaml".to_owned(),
            workers: 16,
            busy: 2,
            counts: BTreeMap::from([(Standing::Queued, 3), (Standing::Working, 2)]),
            oldest_waiting_seconds: Some(61),
            last_discovery: Some(LastDiscovery { at: 0, found: 7 }),
            ..StatusDocument::default()
        }
    }

    #[test]
    fn a_provisioner_that_is_well_says_so_first() {
        let text = render(&well());
        assert_eq!(text.lines().next().map(str::trim), Some("Ready: yes"));
        for part in [
            "Broker: broker:4222",
            "Workers: 2 of 16 busy",
            "Nodes: 2 working, 3 queued",
            "Oldest waiting: 1m1s",
            "7 nodes answered",
            "1.2.3 for 1h2m",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn whatever_is_wrong_is_said() {
        let text = render(&StatusDocument {
            ready: vec!["paused".to_owned(), "no broker".to_owned()],
            draining: true,
            paused: Some("new CA".to_owned()),
            site_fault: Some("the helper\ndoes not start".to_owned()),
            holds: Some("2 canaries are not confirmed".to_owned()),
            journal_error: Some("the disk is full".to_owned()),
            last_error: Some("refused".to_owned()),
            connected: false,
            counts: BTreeMap::new(),
            ..well()
        });
        for part in [
            "Ready: no, draining: paused; no broker",
            "Paused: new CA",
            "Site fault: the helper does not start",
            "Nobody begins: 2 canaries are not confirmed",
            "Journal: the disk is full",
            "Last error: refused",
            "Broker: not connected",
            "Nodes: none",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
