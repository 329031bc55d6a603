//! Logs: JSON lines in a file, readable lines on a terminal or for a supervisor's journal.
//!
//! A line in a file has the members that operators of this network know: `time`, `level`, `msg`, `component`, then the
//! fields of the event. Libraries below us are heard from `warn` on only. A file can be reopened after it was rotated.

use std::fmt;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::IsTerminal as _;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde_json::Map;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::Event;
use tracing::Metadata;
use tracing::Subscriber;
use tracing::field::Field;
use tracing::field::Visit;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How much is logged; each level includes those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything, also each refused message (throttled).
    Debug,
    /// What happens to the node.
    Info,
    /// What an operator should look at.
    Warn,
    /// What failed.
    Error,
}

/// Where logs go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Readable lines on standard output.
    Stdout,
    /// Readable lines on standard error.
    Stderr,
    /// JSON lines appended to a file.
    File(PathBuf),
    /// Nowhere.
    Discard,
}

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file cannot be opened.
    #[error("cannot open the log file {}", path.display())]
    Open {
        /// The configured path.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
}

/// Handle on the running logs.
#[derive(Debug, Clone)]
pub struct Logging {
    sink: Arc<Sink>,
}

#[derive(Debug)]
enum Sink {
    Stdout { color: bool },
    Stderr { color: bool },
    File { path: PathBuf, file: Mutex<File> },
    Discard,
}

/// Starts logging for the whole process. A second start leaves the first one in place.
///
/// # Errors
///
/// [`LogError::Open`] when the log file cannot be opened.
pub fn start(level: Level, destination: Destination) -> Result<Logging, LogError> {
    let sink = Arc::new(match destination {
        Destination::Stdout => Sink::Stdout {
            color: io::stdout().is_terminal(),
        },
        Destination::Stderr => Sink::Stderr {
            color: io::stderr().is_terminal(),
        },
        Destination::Discard => Sink::Discard,
        Destination::File(path) => {
            let file = open(&path)?;
            Sink::File {
                path,
                file: Mutex::new(file),
            }
        }
    });
    let layer = Lines {
        level,
        sink: Arc::clone(&sink),
    };
    // a second start in one process (tests, a command that runs the server) keeps the first subscriber
    let started = Registry::default().with(layer).try_init();
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
    Ok(Logging { sink })
}

impl Logging {
    /// Opens the log file anew, after it was rotated. Nothing happens for other destinations.
    ///
    /// # Errors
    ///
    /// [`LogError::Open`] when the file cannot be opened; the old one stays in use.
    pub fn reopen(&self) -> Result<(), LogError> {
        if let Sink::File { path, file } = &*self.sink {
            let fresh = open(path)?;
            *file.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<File, LogError> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|err| LogError::Open {
            path: path.to_owned(),
            err,
        })
}

struct Lines {
    level: Level,
    sink: Arc<Sink>,
}

impl Lines {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let level = level_of(*metadata.level());
        let target = metadata.target();
        if target.starts_with("muster") {
            return level >= self.level;
        }
        // it writes the broker's text at error level; our own transport says the same, throttled and quoted
        !target.starts_with("async_nats") && level >= self.level.max(Level::Warn)
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = level_of(*event.metadata().level());
        let component = event
            .metadata()
            .target()
            .rsplit("::")
            .next()
            .unwrap_or_default();
        let now = OffsetDateTime::now_utc()
            .replace_nanosecond(0)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let time = now.format(&Rfc3339).unwrap_or_default();
        let line = match &*self.sink {
            Sink::File { .. } => json_line(&time, level, component, fields),
            Sink::Stdout { color } | Sink::Stderr { color } => {
                text_line(&time, level, &fields, *color)
            }
            Sink::Discard => return,
        };
        self.write(&line);
    }
}

impl Lines {
    /// A log that cannot be written has nobody to tell.
    fn write(&self, line: &str) {
        let written = match &*self.sink {
            Sink::Stdout { .. } => io::stdout().lock().write_all(line.as_bytes()),
            Sink::Stderr { .. } => io::stderr().lock().write_all(line.as_bytes()),
            Sink::File { file, .. } => file
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .write_all(line.as_bytes()),
            Sink::Discard => Ok(()),
        };
        drop(written);
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    rest: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        if field.name() == "message" {
            self.message = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
        } else {
            self.rest.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::String(value.to_owned()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

fn json_line(time: &str, level: Level, component: &str, fields: Fields) -> String {
    let mut line = fields.rest;
    line.insert("time".into(), time.into());
    line.insert("level".into(), name(level).into());
    line.insert("msg".into(), fields.message.into());
    line.insert("component".into(), component.into());
    format!("{}\n", Value::Object(line))
}

fn text_line(time: &str, level: Level, fields: &Fields, color: bool) -> String {
    let code = match level {
        Level::Debug => "2",
        Level::Info => "32",
        Level::Warn => "33",
        Level::Error => "31",
    };
    let level = name(level);
    let mut line = if color {
        format!("{time} \x1b[{code}m{level:>7}\x1b[0m {}", fields.message)
    } else {
        format!("{time} {level:>7} {}", fields.message)
    };
    for (key, value) in &fields.rest {
        // quoted unless it is one plain word: a value can never begin a line or pretend to be another field
        let plain = value.as_str().filter(|text| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_alphanumeric() || "._:/@+-,=".contains(c))
        });
        match plain {
            Some(text) => line.push_str(&format!(" {key}={text}")),
            None => line.push_str(&format!(" {key}={value}")),
        }
    }
    line.push('\n');
    line
}

fn level_of(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warn,
        tracing::Level::INFO => Level::Info,
        _ => Level::Debug,
    }
}

const fn name(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warning",
        Level::Error => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        let mut rest = Map::new();
        rest.insert("server".into(), "nats://127.0.0.1:4222".into());
        rest.insert("reason".into(), "two\nlines".into());
        Fields {
            message: "connected to the broker".into(),
            rest,
        }
    }

    #[test]
    fn a_value_cannot_begin_a_line_of_its_own() {
        let line = text_line("2026-11-21T00:00:00Z", Level::Info, &fields(), false);
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.contains(r#"reason="two\nlines""#), "{line}");
        assert!(line.contains("server=nats://127.0.0.1:4222"), "{line}");
    }

    #[test]
    fn a_line_in_a_file_has_the_members_that_operators_know() {
        let line: Value =
            serde_json::from_str(&json_line("t", Level::Warn, "dispatch", fields())).unwrap();
        assert_eq!(line["level"], "warning");
        assert_eq!(line["msg"], "connected to the broker");
        assert_eq!(line["component"], "dispatch");
        assert_eq!(line["reason"], "two\nlines");
    }
}
