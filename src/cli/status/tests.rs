use std::fs::File;
use std::io::Write as _;
use std::time::SystemTime;

use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use super::checks::Severity;
use super::*;
use crate::cli::args::Cli;
use crate::cli::tests::BUILD;

const NOW: i64 = 1_750_000_000;
const FILE: &str = "/run/muster/status.json";

/// What the reference writes (spec 03 §9.1), of a healthy node.
fn healthy() -> Value {
    json!({
        "identity": "node1.example.net", "uptime": 120, "connected_server": "nats://b1.example.net:4222",
        "last_message": NOW - 60, "provisioning_mode": false,
        "stats": {"total": 10, "valid": 9, "invalid": 1, "passed": 9, "filtered": 0, "replies": 9,
                  "ttlexpired": 0, "events": 2},
        "certificate_expires": "0001-01-01T00:00:00Z", "token_expires": "0001-01-01T00:00:00Z"
    })
}

fn with(changes: &Value) -> Value {
    let mut document = healthy();
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    document
}

fn arguments(line: &str) -> StatusArgs {
    let line = format!("muster tool status --status-file {FILE} {line}");
    let cli = Cli::read(line.split_whitespace().map(Into::into), &BUILD).unwrap();
    let crate::cli::args::Command::Tool(args) = cli.command else {
        panic!("{line}");
    };
    match args.tool {
        crate::cli::tool::Tool::Status(args) => args,
        crate::cli::tool::Tool::Config(_) | crate::cli::tool::Tool::Ddl(_) => panic!("{line}"),
    }
}

/// The report about a document whose file is `age` seconds old.
fn judged(document: &Value, flags: &str, age: i64) -> Report {
    let document = Document::parse(document.to_string().as_bytes()).unwrap();
    let args = arguments(flags);
    let findings = checks::findings(&document, NOW - age, NOW, &args.demands());
    Report::new(Path::new(FILE), document, findings, NOW)
}

fn first_line(report: &Report) -> String {
    let text = report.text(Style {
        brief: true,
        perfdata: false,
    });
    assert_eq!(text.matches('\n').count(), 1);
    let line = text.strip_prefix(FILE).unwrap().trim();
    line.to_owned()
}

/// In `seconds` from now, as a status file writes it.
fn at(seconds: i64) -> String {
    crate::server::status::rfc3339(NOW + seconds)
}

fn code(report: &Report) -> u8 {
    report.severity().exit().code()
}

/// Changes to a healthy document, age of the file, flags, exit code, begin of the verdict.
type Case<'a> = (Value, i64, &'a str, u8, &'a str);

fn check(cases: &[Case<'_>]) {
    for (changes, age, flags, expected, text) in cases {
        let report = judged(&with(changes), flags, *age);
        let line = first_line(&report);
        assert_eq!(code(&report), *expected, "{changes} {flags}: {line}");
        assert!(line.starts_with(text), "{changes} {flags}: {line}");
        assert_eq!(*text == "OK", line == "OK", "{changes} {flags}: {line}");
    }
}

#[test]
fn an_old_file_is_critical_and_one_from_the_future_a_warning() {
    check(&[
        (json!({}), 0, "", 0, "OK"),
        (json!({}), 1800, "", 0, "OK"),
        (json!({}), 1801, "", 2, "older than 30m0s"),
        (json!({}), 61, "--max-age 1m", 2, "older than 1m0s"),
        (json!({}), 90_000, "--max-age 0", 0, "OK"),
        (json!({}), -1801, "", 1, "written in the future: "),
    ]);
}

#[test]
fn what_ends_soon_is_a_warning_and_what_ended_is_critical() {
    let hour = 3600;
    let certificate = |left: i64| json!({"certificate_expires": at(left)});
    let token = |left: i64| json!({"token_expires": at(left)});
    let soon = "certificate expires 2025-06-15T16:06:40Z (1h0m0s)";
    let over = "certificate expires 2025-06-15T14:06:40Z (-1h0m0s)";
    let token_soon = "token expires 2025-06-15T16:06:40Z (1h0m0s)";
    check(&[
        (certificate(25 * hour), 0, "", 0, "OK"),
        (certificate(hour), 0, "", 1, soon),
        (certificate(-hour), 0, "", 2, over),
        (certificate(hour), 0, "--certificate-age 30m", 0, "OK"),
        (certificate(-hour), 0, "--certificate-age 0", 0, "OK"),
        (
            certificate(72 * hour),
            0,
            "--certificate-age 1w",
            1,
            "certi",
        ),
        (token(25 * hour), 0, "", 0, "OK"),
        (token(hour), 0, "", 1, token_soon),
        (token(0), 0, "", 2, "token expires "),
        (token(-hour), 0, "--token-age 0", 0, "OK"),
    ]);
}

#[test]
fn a_node_that_is_not_connected_is_critical() {
    let server = |name: &str| json!({"connected_server": name});
    let closed = json!({"connected_server": "", "connection": {"state": "closed"}});
    let lying = json!({"connection": {"state": "connecting"}});
    let connecting = json!({"connected_server": "",
        "connection": {"state": "connecting", "attempt": 3, "last_error": "b1: refused"}});
    let not = "connection check failed: not connected";
    let stopped = "connection check failed: not connected, the node was stopped";
    let refused = "connection check failed: not connected: b1: refused";
    check(&[
        (server(""), 0, "", 2, not),
        (server("unknown"), 0, "--disconnected", 2, not),
        (closed.clone(), 0, "", 2, stopped),
        (closed, 0, "--no-disconnected", 0, "OK"),
        (connecting, 0, "", 2, refused),
        (lying, 0, "", 2, not),
    ]);
}

#[test]
fn silence_is_a_warning_once_it_lasts() {
    let last = |ago: i64| json!({"last_message": NOW - ago});
    let never = |uptime: u64| json!({"last_message": 0, "uptime": uptime});
    let silent = "no recent messages: last message at 2025-06-15T14:06:39Z";
    check(&[
        (last(3600), 0, "", 0, "OK"),
        (last(3601), 0, "", 1, silent),
        (last(3601), 0, "--message-since 0", 0, "OK"),
        (last(601), 0, "--message-since 10m", 1, "no recent messages"),
        (last(-7200), 0, "", 0, "OK"),
        (never(3599), 0, "", 0, "OK"),
        (never(3600), 0, "", 1, "no recent messages: none in 1h0m0s"),
    ]);
}

#[test]
fn the_wrong_mode_is_critical() {
    let waiting = json!({"provisioning_mode": true});
    check(&[
        (json!({}), 0, "--provisioned", 0, "OK"),
        (
            json!({}),
            0,
            "--unprovisioned",
            2,
            "not in provisioning mode",
        ),
        (waiting.clone(), 0, "", 0, "OK"),
        (waiting.clone(), 0, "--unprovisioned", 0, "OK"),
        (waiting, 0, "--provisioned", 2, "in provisioning mode"),
    ]);
}

#[test]
fn problems_and_a_doubtful_clock_are_warnings() {
    let offset = |doubt: bool| json!({"clock_offset": -7200, "clock_in_doubt": doubt});
    let one = json!({"problems": ["facts: gone"]});
    let behind = "clock may be wrong: 2h0m0s behind the last request";
    check(&[
        (one, 0, "", 1, "has a problem: facts: gone"),
        (
            json!({"problems": ["a", "b"]}),
            0,
            "",
            1,
            "has 2 problems: a",
        ),
        (offset(true), 0, "", 1, behind),
        (offset(true), 0, "--clock-offset 3h", 0, "OK"),
        (offset(true), 0, "--clock-offset 0", 0, "OK"),
        (offset(false), 0, "", 0, "OK"),
    ]);
}

#[test]
fn the_worst_finding_comes_first_and_the_others_follow() {
    let document = with(&json!({
        "certificate_expires": at(3600), "connected_server": "", "problems": ["audit log: full"],
    }));
    let report = judged(&document, "--provisioned", 9000);
    assert_eq!(report.severity(), Severity::Critical);
    assert_eq!(first_line(&report), "older than 30m0s");
    let text = report.text(Style::default());
    let lines: Vec<&str> = text.lines().skip(1).take(3).collect();
    assert_eq!(
        lines,
        [
            "warning: certificate expires 2025-06-15T16:06:40Z (1h0m0s)",
            "critical: connection check failed: not connected",
            "warning: has a problem: audit log: full",
        ]
    );
}

#[test]
fn an_operator_learns_why_a_node_does_not_answer() {
    let document = with(&json!({
        "version": "0.1.0", "mode": "normal", "mode_reason": "the configuration says so",
        "mode_since": "2025-06-15T10:00:00Z", "generation": "2 (trial)", "connected_server": "",
        "connection": {"state": "connecting", "since_seconds": 300, "attempt": 7, "last_error": "tls://b1: no route",
                       "next_attempt_seconds": 12, "tls": null, "dropped": 3, "permission_violations": 1},
        "clock_offset": -9, "clock_in_doubt": true, "certificate_expires": at(48 * 3600),
        "last_refusal": {"time": NOW - 5, "reason": "the request is not signed"},
        "problems": ["certificate: ends tomorrow"],
    }));
    let text = judged(&document, "", 0).text(Style::default());
    for line in [
        "identity: node1.example.net (muster 0.1.0), up 2m0s",
        "mode: normal since 2025-06-15T10:00:00Z: the configuration says so",
        "connection: connecting for 5m0s, no broker, round 7, the next in 12s, 3 messages dropped, \
         1 subjects refused by the broker; last error: tls://b1: no route",
        "configuration: generation 2 (trial)",
        "certificate: expires 2025-06-17T15:06:40Z (in 48h0m0s)",
        "token: none that ends",
        "last valid request: 2025-06-15T15:05:40Z (1m0s ago)",
        "last refusal: 2025-06-15T15:06:35Z (5s ago): the request is not signed",
        "clock: 9s behind the last request outside its time, and none was in its time since",
        "problem: certificate: ends tomorrow",
        "counters: events 2, filtered 0, invalid 1, passed 9, replies 9, total 10, ttlexpired 0, valid 9",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n--\n{text}");
    }
}

#[test]
fn performance_data_follow_the_first_line_when_they_are_wanted() {
    let mut document = with(&json!({"clock_offset": -7, "problems": ["a|b"]}));
    document["stats"]["x=1 y"] = json!(1);
    let text = judged(&document, "", 0).text(Style {
        brief: true,
        perfdata: true,
    });
    assert_eq!(
        text,
        "/run/muster/status.json has a problem: a/b | uptime=120s connected=1 problems=1 clock_offset=-7s \
         events=2c filtered=0c invalid=1c passed=9c replies=9c total=10c ttlexpired=0c valid=9c\n"
    );
}

#[test]
fn programs_get_all_findings_and_the_document() {
    let document = with(&json!({"connected_server": "", "problems": ["a"], "more": [1]}));
    let report = judged(&document, "", 0);
    let json: Value = serde_json::from_str(&report.json()).unwrap();
    assert_eq!(
        (&json["state"], &json["code"]),
        (&json!("critical"), &json!(2))
    );
    assert_eq!(
        json["findings"],
        json!([
            {"check": "connection", "state": "critical", "text": "connection check failed: not connected"},
            {"check": "problems", "state": "warning", "text": "has a problem: a"},
        ])
    );
    assert_eq!(json["status"], document);
}

/// The exit code and the output of the command over a file with these bytes.
fn run_on(bytes: &[u8], flags: &str) -> (Exit, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("status.json");
    File::create(&path).unwrap().write_all(bytes).unwrap();
    run_at(&path, flags)
}

fn run_at(path: &Path, flags: &str) -> (Exit, String) {
    let mut args = arguments(flags);
    args.status_file = Some(path.to_owned());
    let mut out = Vec::new();
    let exit = run(&args, &BUILD, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    (exit, text.replace(&path.display().to_string(), "F"))
}

#[test]
fn a_file_that_says_nothing_is_unknown() {
    let mut huge = healthy().to_string().into_bytes();
    huge.resize(1024 * 1024 + 1, b' ');
    let deep = "[".repeat(100_000);
    let mut cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "is no status file: EOF"),
        (b"hello".to_vec(), "is no status file: expected value"),
        (b"[]".to_vec(), "is no status file: "),
        (b"{}".to_vec(), "is no status file: missing field `uptime`"),
        (deep.into_bytes(), "is no status file: "),
        (
            b"{\"uptime\":1,\"uptime\":1}".to_vec(),
            "is no status file: duplicate field `uptime`",
        ),
        (b"\xff\xfe".to_vec(), "is no status file: "),
        (huge, "F could not be read: larger than 1048576 bytes"),
    ];
    for wrong in [
        json!({"uptime": -1}),
        json!({"uptime": "1"}),
        json!({"last_message": -5}),
        json!({"last_message": 1e300}),
        json!({"connected_server": null}),
        json!({"provisioning_mode": "false"}),
        json!({"certificate_expires": "soon"}),
        json!({"token_expires": 17}),
        json!({"stats": {"total": -1}}),
        json!({"problems": "none"}),
        json!({"connection": "up"}),
        json!({"last_refusal": {"time": "x"}}),
    ] {
        cases.push((with(&wrong).to_string().into_bytes(), "is no status file: "));
    }
    for (bytes, reason) in cases {
        for flags in ["", "--json", "--brief --perfdata"] {
            let (exit, text) = run_on(&bytes, flags);
            assert_eq!(exit, Exit::Unknown, "{text}");
            assert!(text.contains(reason), "{reason}: {text}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let (exit, text) = run_at(&folder.path().join("absent"), "");
    assert_eq!(exit, Exit::Unknown);
    assert!(text.starts_with("F F could not be read: "), "{text}");
    let (exit, text) = run_at(folder.path(), "");
    assert_eq!(exit, Exit::Unknown, "{text}");
}

#[test]
fn a_hostile_file_cannot_write_to_the_terminal_or_fill_it() {
    let document = with(&json!({
        "identity": "a\u{1b}[2Jb|c=1", "connected_server": "x\nnats OK", "version": {"a": 1},
        "problems": vec!["p\u{7}".repeat(5000); 1000],
    }));
    let text = judged(&document, "", 0).text(Style::default());
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    assert!(!text.contains('|'));
    assert!(text.len() < 200_000 && text.lines().count() < 100);
}

#[test]
fn the_age_is_that_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("status.json");
    let mut file = File::create(&path).unwrap();
    let fresh = with(&json!({"last_message": 0}));
    file.write_all(fresh.to_string().as_bytes()).unwrap();
    let (exit, text) = run_at(&path, "--brief");
    assert_eq!((exit, text.as_str()), (Exit::Ok, "F OK\n"));
    file.set_modified(SystemTime::now() - Duration::from_secs(7200))
        .unwrap();
    let (exit, text) = run_at(&path, "--brief");
    assert_eq!(
        (exit, text.as_str()),
        (Exit::Critical, "F older than 30m0s\n")
    );
}

#[test]
fn the_configuration_tells_where_the_file_is() {
    let folder = tempfile::tempdir().unwrap();
    let (config, status) = (
        folder.path().join("server.conf"),
        folder.path().join("s.json"),
    );
    let run_with = || {
        let mut args = arguments("--brief");
        (args.status_file, args.config) = (None, Some(config.clone()));
        let mut out = Vec::new();
        let exit = run(&args, &BUILD, &mut out).unwrap();
        (exit, String::from_utf8(out).unwrap())
    };
    let say = |text: String| {
        let mut file = File::create(&config).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    say("identity = n1.example.net\n".to_owned());
    let (exit, text) = run_with();
    assert_eq!(exit, Exit::Unknown);
    assert!(text.contains("names no status file"), "{text}");
    say(format!(
        "plugin.choria.status_file_path = {}\n",
        status.display()
    ));
    let document = with(&json!({"last_message": 0})).to_string();
    File::create(&status)
        .unwrap()
        .write_all(document.as_bytes())
        .unwrap();
    assert_eq!(run_with(), (Exit::Ok, format!("{} OK\n", status.display())));
    say("loglevel = loud\n".to_owned());
    let (exit, text) = run_with();
    assert_eq!(exit, Exit::Unknown);
    assert!(text.contains("server.conf:1: loglevel"), "{text}");
}

#[test]
fn flags_that_make_no_sense_are_refused() {
    for line in [
        "",
        "--status-file a --config b",
        "--status-file a --max-age soon",
        "--status-file a --max-age -1s",
        "--status-file a --provisioned --unprovisioned",
        "--status-file a --json --brief",
    ] {
        let line = format!("muster tool status {line}");
        let read = Cli::read(line.split_whitespace().map(Into::into), &BUILD);
        assert!(read.is_err(), "{line}");
    }
}

proptest! {
    #[test]
    fn no_document_breaks_the_report(
        uptime: u64, last: u32, offset: i64, doubt: bool, time: i64, since: u64, text in ".*", age in -90_000_i64..90_000,
    ) {
        let document = with(&json!({
            "uptime": uptime, "last_message": last, "clock_offset": offset, "clock_in_doubt": doubt,
            "connected_server": text, "problems": [text], "mode_reason": text,
            "last_refusal": {"time": time, "reason": text},
            "connection": {"state": text, "since_seconds": since, "attempt": since},
        }));
        let report = judged(&document, "", age);
        let text = report.text(Style { brief: false, perfdata: true });
        prop_assert!(text.starts_with(FILE));
        prop_assert!(code(&report) <= 3);
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Document::parse(&bytes).is_err());
    }
}
