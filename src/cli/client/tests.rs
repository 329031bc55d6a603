mod discover;
mod facts;
mod inventory;
mod ping;
mod req;

use std::ffi::OsString;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use super::context::Context;
use super::error::OperatorError;
use super::render::Elapsed;
use super::settings::ClientSettings;
use crate::cli::args::Cli;
use crate::cli::args::Command;
use crate::cli::tests::BUILD;
use crate::client::ClientError;
use crate::client::LimitMethod;
use crate::client::Who;
use crate::client::WireError;
use crate::client::certname;
use crate::client::fleet::Behaviour;
use crate::client::fleet::Fleet;
use crate::client::fleet::Node;
use crate::client::fleet::client;
use crate::client::fleet::run;
use crate::company::Roster;
use crate::protocol::Request;
use crate::protocol::body::RpcReply;
use crate::protocol::body::RpcRequest;
use crate::protocol::body::StatusCode;
use crate::protocol::names::Collective;
use crate::protocol::names::Identity;
use crate::report::Exit;

/// What a command did: how it ended, what it printed, what it asked.
struct Done {
    result: Result<Exit, OperatorError>,
    out: String,
    asked: Vec<(String, Request)>,
}

impl Done {
    fn ok(&self) -> &str {
        assert!(matches!(self.result, Ok(Exit::Ok)), "{:?}", self.result);
        &self.out
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.ok()).unwrap()
    }

    fn inputs(&self) -> Value {
        let (_, request) = self.asked.last().unwrap();
        RpcRequest::decode(&request.payload()).unwrap().data
    }
}

fn settings() -> ClientSettings {
    ClientSettings {
        main_collective: Collective::new("mcollective").unwrap(),
        discovery_timeout: Duration::from_secs(2),
        discovery_window: false,
        nodes_file: None,
        limit_method: LimitMethod::First,
        require_filter: false,
        libdirs: Vec::new(),
    }
}

async fn on(
    settings: ClientSettings,
    nodes: impl IntoIterator<Item = (&'static str, Behaviour)>,
    line: &[&str],
) -> Done {
    with_named(settings, nodes, line, None).await
}

async fn with_named(
    settings: ClientSettings,
    nodes: impl IntoIterator<Item = (&'static str, Behaviour)>,
    line: &[&str],
    named: Option<&[&str]>,
) -> Done {
    let (fleet, replies) = Fleet::new();
    let mut after = Duration::ZERO;
    let fleet = nodes
        .into_iter()
        .fold(fleet, |fleet, (identity, behaviour)| {
            after += Duration::from_millis(10);
            let node = Node {
                after,
                behaviour,
                copies: 1,
            };
            fleet.with_node(identity, node)
        });
    let arguments = std::iter::once("muster").chain(line.iter().copied());
    let Command::Client(command) = Cli::read(arguments.map(OsString::from), &BUILD)
        .unwrap()
        .command
    else {
        panic!("{line:?} is no command of an operator");
    };
    let client = client(&fleet);
    let context = Context {
        client: &client,
        settings: &settings,
        company: &Roster::default(),
        named: named.map(|names| {
            let names = names.iter().copied();
            names.map(|name| Identity::new(name).unwrap()).collect()
        }),
        started: Instant::now(),
        interactive: false,
    };
    let mut out = Vec::new();
    let result = run(&client, replies, command.perform(&context, &mut out)).await;
    Done {
        result,
        out: String::from_utf8(out).unwrap(),
        asked: fleet
            .asked()
            .into_iter()
            .map(|(subject, request, _)| (subject, request))
            .collect(),
    }
}

async fn muster(nodes: &[(&'static str, Behaviour)], line: &str) -> Done {
    let words: Vec<_> = line.split_whitespace().collect();
    on(settings(), nodes.iter().copied(), &words).await
}

fn ok(action: &str, data: Value) -> Option<RpcReply> {
    let Value::Object(data) = data else {
        panic!("data is an object")
    };
    Some(RpcReply::ok(action, data))
}

const PING: Behaviour = |_, rpc| ok(&rpc.action, json!({"pong": 1_795_222_429}));
const SILENT: Behaviour = |_, _| None;
const REFUSES: Behaviour = |_, rpc| {
    Some(RpcReply::failed(
        &rpc.action,
        StatusCode::Aborted,
        "Incorrect provision token supplied",
    ))
};
const FACTS: Behaviour = |identity, rpc| {
    let value = match identity {
        "a" | "b" => json!("dc1"),
        "c" => Value::Null,
        _ => json!({"x": 1}),
    };
    ok(
        &rpc.action,
        json!({"fact": rpc.data["fact"], "value": value}),
    )
};
const NODE: Behaviour = |_, rpc| match rpc.action.as_str() {
    "inventory" => ok(
        "inventory",
        json!({
            "agents": ["choria_provision", "choria_util", "discovery", "rpcutil"], "classes": ["role::web"],
            "collectives": ["provisioning"], "data_plugins": [], "facts": {"role": "web", "dc": "dc1"},
            "machines": [{"name": "m", "version": "1.0.0", "state": "RUN"}], "main_collective": "provisioning",
            "version": "0.29.4", "upgradable": true,
        }),
    ),
    "daemon_stats" => ok(
        "daemon_stats",
        json!({
            "configfile": "/etc/choria/server.conf", "filtered": 3, "pid": 16871, "passed": 14, "replies": 13,
            "starttime": 1_795_222_372, "ttlexpired": 0, "events": 1, "total": 17,
        }),
    ),
    "collective_info" => ok(
        "collective_info",
        json!({"main_collective": "a", "collectives": ["a", "b"]}),
    ),
    _ => None,
};

#[test]
fn durations_read_like_those_of_the_reference() {
    for (nanos, text) in [
        (0, "0s"),
        (15, "15ns"),
        (1_500, "1.5µs"),
        (12_345_000, "12.345ms"),
        (1_000_000_000, "1s"),
        (2_040_000_000, "2.04s"),
        (90_000_000_000, "1m30s"),
        (3_600_000_000_000, "1h0m0s"),
    ] {
        assert_eq!(Elapsed(Duration::from_nanos(nanos)).to_string(), text);
    }
    assert_eq!(
        Elapsed::rounded(Duration::from_micros(1_500)).to_string(),
        "2ms"
    );
}

#[test]
fn a_person_is_named_by_choice_then_by_login_and_root_is_the_machine() {
    let who = Who {
        chosen: None,
        root: false,
        user: Some("bob"),
        suffix: "mcollective",
        identity: "n1",
    };
    assert_eq!(certname(&who), "bob.mcollective");
    assert_eq!(certname(&Who { root: true, ..who }), "n1");
    assert_eq!(certname(&Who { user: None, ..who }), "n1");
    assert_eq!(
        certname(&Who {
            chosen: Some("ops"),
            root: true,
            ..who
        }),
        "ops"
    );
}

#[test]
fn every_kind_of_failure_has_its_exit_code() {
    let publish = |err| OperatorError::from(ClientError::Publish { err });
    for (err, exit) in [
        (OperatorError::NoResponses, Exit::Negative),
        (OperatorError::NoNodes, Exit::Negative),
        (
            OperatorError::TooFew {
                received: 1,
                expected: 2,
            },
            Exit::Negative,
        ),
        (OperatorError::Fact { text: "x".into() }, Exit::Usage),
        (
            OperatorError::Incomplete {
                received: 1,
                expected: 2,
            },
            Exit::TempFail,
        ),
        (publish(WireError::Closed), Exit::Unavailable),
        (publish(WireError::TimedOut), Exit::Unavailable),
        (publish(WireError::TooLarge { size: 1 }), Exit::Data),
    ] {
        assert_eq!(err.exit(), exit, "{err}");
    }
}
