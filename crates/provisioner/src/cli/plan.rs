//! `plan ID`: what a node would become.

use std::fmt::Write as _;
use std::io::Write;

use clap::Args;
use muster::protocol::names::Identity;
use muster::report::Exit;

use crate::cli::error::CliError;
use crate::cli::socket::SocketArgs;
use crate::cli::words::moment;
use crate::cli::words::printable;
use crate::cli::words::span;
use crate::control::Answer;
use crate::control::Command;
use crate::control::Course;
use crate::control::PlanDocument;

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// The node
    #[arg(value_name = "ID")]
    pub(super) identity: Identity,
    /// Print a JSON document
    #[arg(long, short)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) socket: SocketArgs,
}

pub(super) fn run(args: &PlanArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    let identity = args.identity.clone();
    let Answer::Plan(plan) = args.socket.ask(&Command::Plan { identity })? else {
        return Err(CliError::OtherAnswer);
    };
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &plan).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        out.write_all(render(&plan).as_bytes())?;
    }
    Ok(Exit::Ok)
}

/// For people: the decision, then `-` and `+` for what goes and what comes.
fn render(plan: &PlanDocument) -> String {
    let course = match plan.decision {
        Course::Configure => "would be configured",
        Course::Defer => "would be deferred",
        Course::Shutdown => "would be shut down",
    };
    let mut text = format!("{} {course}", printable(&plan.identity));
    if let Some(wait) = plan.retry_after_seconds {
        text.push_str(&format!(", and asked again after {}", span(wait)));
    }
    if !plan.message.is_empty() {
        text.push_str(&format!(": {}", printable(&plan.message)));
    }
    text.push('\n');
    for change in &plan.changes {
        let key = printable(&change.key);
        for (sign, value) in [('-', &change.old), ('+', &change.new)] {
            if let Some(value) = value {
                // writing to a string cannot fail
                let _ = writeln!(text, "  {sign} {key} = {}", printable(value));
            }
        }
    }
    if plan.decision == Course::Configure && plan.changes.is_empty() {
        text.push_str("  its configuration stays as it is\n");
    }
    if let Some(certificate) = &plan.certificate {
        let names: Vec<String> = certificate.names.iter().map(|it| printable(it)).collect();
        let ends = moment(certificate.not_after);
        let _ = writeln!(text, "certificate for {}, ends {ends}", names.join(", "));
    }
    for note in &plan.notes {
        let _ = writeln!(text, "note: {}", printable(note));
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::control::CertificateSummary;
    use crate::control::Change;

    use super::*;

    fn plan(decision: Course) -> PlanDocument {
        PlanDocument {
            identity: "web1".to_owned(),
            decision,
            message: "because\u{1b}".to_owned(),
            retry_after_seconds: None,
            changes: Vec::new(),
            certificate: None,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_plan_reads_like_a_difference() {
        let mut plan = plan(Course::Configure);
        let change = |key: &str, old: Option<&str>, new: Option<&str>| Change {
            key: key.to_owned(),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        };
        plan.changes = vec![
            change("a", None, Some("1")),
            change("b", Some("1"), Some("2")),
            change("c", Some("3"), None),
        ];
        plan.certificate = Some(CertificateSummary {
            names: vec!["web1".to_owned(), "web1.example.net".to_owned()],
            not_after: 0,
        });
        plan.notes = vec!["no policies".to_owned()];
        assert_eq!(
            render(&plan),
            "web1 would be configured: because \n\
             \x20 + a = 1\n  - b = 1\n  + b = 2\n  - c = 3\n\
             certificate for web1, web1.example.net, ends 1970-01-01T00:00:00Z\n\
             note: no policies\n"
        );
    }

    #[test]
    fn a_plan_to_wait_says_how_long() {
        let mut plan = plan(Course::Defer);
        plan.retry_after_seconds = Some(90);
        let text = "web1 would be deferred, and asked again after 1m30s: because \n";
        assert_eq!(render(&plan), text);
    }

    #[test]
    fn a_plan_that_changes_nothing_says_so() {
        assert!(render(&plan(Course::Configure)).contains("stays as it is"));
        assert_eq!(
            render(&plan(Course::Shutdown)),
            "web1 would be shut down: because \n"
        );
    }
}
