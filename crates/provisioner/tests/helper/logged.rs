//! What a helper complains about is in our log.

#![expect(clippy::unwrap_used, reason = "test support")]

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::Mutex;

use tracing::Event;
use tracing::Metadata;
use tracing::Subscriber;
use tracing::field::Field;
use tracing::field::Visit;
use tracing::span;

use super::support::Place;
use super::support::case;
use super::support::program;

/// Keeps every event as one line: level, then each field.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("muster_provisioner")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {field}={value}").unwrap();
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

/// What is logged while the script is asked so many times.
async fn logged(script: &str, times: usize) -> Vec<String> {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    let place = Place::new();
    let program = program(place.script(script), 20);
    for _ in 0..times {
        let _answer = program.decide(&case()).await;
    }
    drop(guard);
    log.lines()
}

#[tokio::test]
async fn complaints_are_logged_with_the_nodes_name_and_cannot_move_a_terminal() {
    let script = r#"printf 'cannot reach \033[2Jldap\r\nretrying\n' >&2; echo '{"defer":true}'"#;
    let lines = logged(script, 1).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("INFO ") && lines[0].contains("identity=n1.example.net"),
        "{lines:?}"
    );
    assert!(lines[0].contains("line=cannot reach [2Jldap"), "{lines:?}");
    assert!(lines[1].contains("line=retrying"), "{lines:?}");
}

#[tokio::test]
async fn a_flood_of_complaints_is_a_few_lines() {
    let lines = logged("yes x | head -n 100000 >&2; exit 1", 1).await;
    assert_eq!(lines.len(), 21, "{lines:?}");
    assert!(lines[20].contains("bytes=183616"), "{lines:?}");
}

#[tokio::test]
async fn what_is_not_quite_right_is_warned_of_once_and_unknown_fields_never() {
    let script = r#"echo '{"configuration":{"a":"b"},"upgrade":"1","comment":1}'"#;
    let lines = logged(script, 3).await;
    let levels = |level: &str| lines.iter().filter(|line| line.starts_with(level)).count();
    assert_eq!((levels("WARN"), levels("DEBUG")), (2, 7), "{lines:?}");
}

#[tokio::test]
async fn no_secret_of_an_answer_is_logged() {
    let script = r#"echo '{"configuration":{"password":"hunter2","a":1},"key":"hunter2"}'"#;
    let lines = logged(script, 1).await;
    assert!(!lines.concat().contains("hunter2"), "{lines:?}");
    let good = r#"echo '{"configuration":{"password":"hunter2"},"key":"hunter2","x":"hunter2"}'"#;
    let lines = logged(good, 1).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(!lines.concat().contains("hunter2"), "{lines:?}");
}
