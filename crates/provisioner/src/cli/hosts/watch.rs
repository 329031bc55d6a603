//! `hosts --watch`: a look every second, until somebody interrupts it or nobody reads any more.
//!
//! A provisioner that goes away while it is watched is said and waited for: it is often being started anew.

use std::io;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use muster::os::clock::Clock;
use muster::os::clock::SystemClock;
use muster::os::signals::Signals;
use muster::report::Chain;
use muster::report::Exit;
use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::cli::error::CliError;
use crate::cli::hosts::HostsArgs;
use crate::cli::hosts::Screen;
use crate::cli::hosts::changes;
use crate::cli::hosts::screen;
use crate::cli::hosts::selection::Selection;
use crate::cli::hosts::sheet;
use crate::control;
use crate::control::Answer;
use crate::control::Command;
use crate::table::Row;

pub(super) fn run(
    args: &HostsArgs,
    selection: &Selection,
    out: &mut dyn Write,
) -> Result<Exit, CliError> {
    let path = args.socket.path()?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    let form = match (args.json, screen()) {
        (true, _) => Form::Json,
        (false, Some(_)) => Form::Screen,
        (false, None) => Form::Log,
    };
    let watch = Watch {
        path: &path,
        selection,
        form,
        before: Vec::new(),
        trouble: None,
    };
    runtime.block_on(watch.run(out))
}

/// How looks are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Each in the place of the one before.
    Screen,
    /// What changed since the one before.
    Log,
    /// A document on a line.
    Json,
}

struct Watch<'a> {
    path: &'a Path,
    selection: &'a Selection,
    form: Form,
    before: Vec<Row>,
    trouble: Option<String>,
}

impl Watch<'_> {
    async fn run(mut self, out: &mut dyn Write) -> Result<Exit, CliError> {
        let mut signals = Signals::listen()?;
        // a provisioner that is not there at the beginning is more likely a wrong path
        let mut seen = look(self.path).await;
        if let Err(err) = seen {
            return Err(err);
        }
        if self.form == Form::Screen {
            out.write_all(CLEAR)?;
        }
        loop {
            match seen {
                Ok(rows) => self.show(rows, out)?,
                Err(err) => self.complain(&err, out)?,
            }
            out.flush()?;
            let next = tokio::select! {
                _ = signals.next() => None,
                seen = async { sleep(PACE).await; look(self.path).await } => Some(seen),
            };
            seen = match next {
                Some(seen) => seen,
                None => return self.end(out),
            };
        }
    }

    /// Somebody interrupted it; what the shell says next gets a line of its own.
    fn end(&self, out: &mut dyn Write) -> Result<Exit, CliError> {
        if self.form == Form::Screen {
            writeln!(out)?;
        }
        Ok(Exit::Ok)
    }

    fn show(&mut self, rows: Vec<Row>, out: &mut dyn Write) -> io::Result<()> {
        self.trouble = None;
        let known = rows.len();
        let rows = self.selection.of(rows);
        match self.form {
            Form::Screen => {
                let screen = screen().unwrap_or(FALLBACK);
                out.write_all(frame(&rows, known, screen).as_bytes())?;
            }
            Form::Log => {
                for line in changes::lines(&self.before, &rows, SystemClock.now()) {
                    writeln!(out, "{line}")?;
                }
            }
            Form::Json => {
                serde_json::to_writer(&mut *out, &rows)?;
                writeln!(out)?;
            }
        }
        self.before = rows;
        Ok(())
    }

    /// Once, until it is over. A stream of documents has no place for it: it pauses.
    fn complain(&mut self, err: &CliError, out: &mut dyn Write) -> io::Result<()> {
        let text = Chain(err).to_string();
        match self.form {
            Form::Screen => write!(out, "\x1b[H{text}\x1b[K")?,
            Form::Log if self.trouble.as_ref() != Some(&text) => writeln!(out, "{text}")?,
            Form::Log | Form::Json => {}
        }
        self.trouble = Some(text);
        Ok(())
    }
}

async fn look(path: &Path) -> Result<Vec<Row>, CliError> {
    match control::ask(path, &Command::Hosts).await? {
        Answer::Hosts { rows } => Ok(rows),
        Answer::Refused { reason } => Err(CliError::Refused { reason }),
        Answer::Status(_) | Answer::Done { .. } | Answer::Plan(_) => Err(CliError::OtherAnswer),
    }
}

/// One look over the one before: as many nodes as there is room for, the summary always.
fn frame(rows: &[Row], known: usize, screen: Screen) -> String {
    let room = usize::from(screen.height).saturating_sub(KEPT);
    let shown = rows.get(..room).unwrap_or(rows);
    let mut lines = sheet::lines(shown, Some(screen.width));
    let hidden = rows.len().saturating_sub(shown.len());
    if hidden > 0 {
        lines.push(format!("… and {hidden} more"));
    }
    let summary = sheet::summary(rows, known);
    lines.push(summary.chars().take(screen.width.into()).collect());
    // each line takes away what the one before left behind it, the last all that is below
    let text: Vec<String> = lines.iter().map(|line| format!("{line}\x1b[K")).collect();
    format!("\x1b[H{}\x1b[J", text.join("\r\n"))
}

const CLEAR: &[u8] = b"\x1b[2J";
/// Between two looks.
const PACE: Duration = Duration::from_secs(1);
/// Lines that are not nodes: the head, how many are hidden, the summary, and a last one for the cursor.
const KEPT: usize = 4;
/// For a terminal that went away meanwhile.
const FALLBACK: Screen = Screen {
    width: 80,
    height: 24,
};

#[cfg(test)]
mod tests {
    use crate::table::Standing;

    use super::super::row;
    use super::*;

    fn rows(count: usize) -> Vec<Row> {
        (0..count)
            .map(|number| row(&format!("n{number}"), Standing::Queued))
            .collect()
    }

    fn screen(height: u16) -> Screen {
        Screen { width: 60, height }
    }

    #[test]
    fn a_frame_never_scrolls_the_screen() {
        for (count, height) in [(3, 24), (100, 24), (100, 3), (0, 24), (21, 24), (20, 24)] {
            let frame = frame(&rows(count), count, screen(height));
            let lines = frame.split("\r\n").count();
            assert!(
                lines <= usize::from(height),
                "{count} nodes: {lines} of {height}"
            );
        }
    }

    #[test]
    fn nodes_without_room_are_counted() {
        let frame = frame(&rows(100), 100, screen(24));
        assert!(frame.contains("… and 80 more"), "{frame}");
        assert!(frame.contains("100 nodes: 100 queued"), "{frame}");
    }

    fn watch(selection: &Selection, form: Form) -> Watch<'_> {
        Watch {
            path: Path::new("/nowhere"),
            selection,
            form,
            before: Vec::new(),
            trouble: None,
        }
    }

    #[test]
    fn a_log_says_each_thing_once() {
        let all = Selection::default();
        let mut watch = watch(&all, Form::Log);
        let mut out = Vec::new();
        watch.show(rows(2), &mut out).unwrap();
        watch.show(rows(2), &mut out).unwrap();
        let reason = "busy".to_owned();
        let refused = CliError::Refused { reason };
        watch.complain(&refused, &mut out).unwrap();
        watch.complain(&refused, &mut out).unwrap();
        watch.show(rows(3), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    #[test]
    fn documents_have_a_line_each() {
        let all = Selection::default();
        let mut watch = watch(&all, Form::Json);
        let mut out = Vec::new();
        watch.show(rows(2), &mut out).unwrap();
        watch.show(rows(0), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let documents: Vec<Vec<Row>> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(documents, [rows(2), Vec::new()]);
    }
}
