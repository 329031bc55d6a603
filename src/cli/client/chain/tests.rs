use std::cell::RefCell;
use std::io::Cursor;

use clap::Parser;

use super::*;
use crate::report::Exit;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    filter: FilterArgs,
}

/// A pipe whose writer takes its time.
struct Pipe {
    kind: Kind,
    text: &'static str,
    after: Duration,
    waited: RefCell<Duration>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pipe,
    Terminal,
}

impl Input for Pipe {
    fn is_pipe(&self) -> bool {
        self.kind == Kind::Pipe
    }

    fn wait(&self, patience: Duration) -> io::Result<bool> {
        *self.waited.borrow_mut() += patience;
        Ok(*self.waited.borrow() >= self.after)
    }

    fn reader(&self) -> impl BufRead {
        Cursor::new(self.text)
    }
}

struct Done {
    nodes: Result<Option<Vec<Identity>>, OperatorError>,
    notices: String,
    waited: Duration,
}

fn on(kind: Kind, text: &'static str, after: u64, unasked: Unasked, line: &str) -> Done {
    let pipe = Pipe {
        kind,
        text,
        after: Duration::from_secs(after),
        waited: RefCell::default(),
    };
    let words = std::iter::once("x").chain(line.split_whitespace());
    let args = Line::parse_from(words).filter;
    let mut notices = Vec::new();
    let nodes = nodes(&args, unasked, &pipe, &mut notices);
    Done {
        nodes,
        notices: String::from_utf8(notices).unwrap(),
        waited: pipe.waited.into_inner(),
    }
}

fn chained(text: &'static str, after: u64) -> Done {
    on(Kind::Pipe, text, after, Unasked::Read, "")
}

fn named(done: &Done) -> Vec<&str> {
    let nodes = done.nodes.as_ref().unwrap().as_ref().unwrap();
    nodes.iter().map(|node| node.as_str()).collect()
}

const RESULT: &str = r#"
  {"replies": [{"sender": "a", "statuscode": 0}, {"sender": "b", "statuscode": 1}]}"#;

#[test]
fn a_request_uses_the_nodes_that_an_earlier_one_found_good() {
    let done = chained(RESULT, 0);
    assert_eq!(named(&done), ["a"]);
    assert_eq!(done.notices, "");
    assert_eq!(named(&chained(r#"["c", "b"]"#, 0)), ["b", "c"]);
}

#[test]
fn a_slow_request_is_waited_for_and_a_person_told() {
    let done = chained(RESULT, 20);
    assert_eq!(named(&done), ["a"]);
    assert!(done.notices.contains("waiting"), "{}", done.notices);
}

#[test]
fn a_pipe_that_names_nobody_never_means_the_whole_fleet() {
    for (text, after, expected) in [
        ("", 0, "empty"),
        (" \n", 0, "empty"),
        (RESULT, 31, "nothing came"),
        ("b\n", 0, "not with the JSON"),
    ] {
        let done = chained(text, after);
        let err = done.nodes.unwrap_err();
        assert_eq!(err.exit(), Exit::Data);
        let shown = crate::report::Chain(&err).to_string();
        assert!(shown.contains(expected), "{shown}");
        assert!(shown.contains("--dm broadcast"), "{shown}");
        assert!(done.waited <= PATIENCE);
    }
    for text in ["{", "[1]", "{}"] {
        let err = chained(text, 0).nodes.unwrap_err();
        assert!(matches!(err, OperatorError::NotAList { .. }), "{err:?}");
    }
    assert_eq!(named(&chained(r#"{"replies": []}"#, 0)), [""; 0]);
}

#[test]
fn standard_input_is_left_alone_unless_it_is_meant() {
    for (kind, unasked, line) in [
        (Kind::Terminal, Unasked::Read, ""),
        (Kind::Pipe, Unasked::Ignore, ""),
        (Kind::Pipe, Unasked::Read, "-I a"),
        (Kind::Pipe, Unasked::Read, "-F a=b"),
        (Kind::Pipe, Unasked::Read, "-C a"),
        (Kind::Pipe, Unasked::Read, "-A a"),
        (Kind::Pipe, Unasked::Read, "-W a"),
        (Kind::Pipe, Unasked::Read, "-S true"),
        (Kind::Pipe, Unasked::Read, "--dm mc"),
        (Kind::Pipe, Unasked::Read, "--nodes nodes.txt"),
    ] {
        let done = on(kind, "nonsense", 100, unasked, line);
        assert!(matches!(done.nodes, Ok(None)), "{line}");
        assert_eq!(done.waited, Duration::ZERO, "{line}");
    }
}

#[test]
fn who_asks_for_standard_input_gets_it_whatever_it_is() {
    for line in [
        "--nodes -",
        "--dm flatfile --do file=-",
        "--dm file --nodes -",
    ] {
        for kind in [Kind::Pipe, Kind::Terminal] {
            let done = on(kind, RESULT, 100, Unasked::Ignore, line);
            assert_eq!(named(&done), ["a"], "{line}");
            let done = on(kind, "\n# ours\nb\na\n", 100, Unasked::Ignore, line);
            assert_eq!(named(&done), ["a", "b"], "{line}");
        }
    }
    let done = on(Kind::Pipe, " ", 0, Unasked::Read, "--nodes -");
    assert!(matches!(
        done.nodes,
        Err(OperatorError::NotAList {
            err: NamesError::Empty,
            ..
        })
    ));
}
