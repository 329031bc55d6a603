use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use super::context::Context;
use super::error::OperatorError;
use super::render::Elapsed;
use super::settings::ClientSettings;
use super::settings::candidates;
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
use crate::protocol::Request;
use crate::protocol::body::RpcReply;
use crate::protocol::body::RpcRequest;
use crate::protocol::body::StatusCode;
use crate::protocol::names::Collective;
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

#[tokio::test(start_paused = true)]
async fn ping_prints_each_node_and_statistics() {
    let done = muster(&[("a", PING), ("node2.example.net", SILENT)], "ping").await;
    assert_eq!(
        done.ok(),
        "a                                        time=10 ms
node2.example.net                        time=20 ms


---- ping statistics ----
2 replies max: 20ms min: 10ms avg: 15ms overhead: 0s
"
    );
    assert!(done.asked[0].1.filter.is_empty());
}

#[tokio::test(start_paused = true)]
async fn ping_without_answers_says_so() {
    let done = muster(&[], "ping").await;
    assert!(matches!(done.result, Err(OperatorError::NoResponses)));
    assert_eq!(done.out, "");
}

#[tokio::test(start_paused = true)]
async fn ping_can_print_less_and_expect_a_number() {
    let nodes = [("a", PING), ("b", PING)];
    assert_eq!(muster(&nodes, "ping --names").await.ok(), "a\nb\n");
    assert_eq!(
        muster(&nodes, "ping --json").await.json(),
        json!([{"identity": "a", "time_ms": 10}, {"identity": "b", "time_ms": 20}])
    );
    assert!(
        muster(&nodes, "ping --silent")
            .await
            .ok()
            .starts_with("\n\n---- ping")
    );
    assert_eq!(muster(&nodes, "ping --names --expect 1").await.ok(), "a\n");
    let done = muster(&nodes, "ping --names --expect 3").await;
    assert!(matches!(
        done.result,
        Err(OperatorError::TooFew {
            received: 2,
            expected: 3
        })
    ));
}

#[tokio::test(start_paused = true)]
async fn discover_lists_nodes_for_people_and_for_the_ruby_client() {
    let nodes = [("a", PING), ("b", PING)];
    assert_eq!(muster(&nodes, "discover").await.ok(), "a\nb\n");
    assert_eq!(
        muster(&nodes, "discover -v").await.ok(),
        "a\nb\n\nDiscovered 2 nodes using the broadcast method in 2.00 seconds\n"
    );
    let line = [
        "discover",
        "-j",
        "--silent",
        "--config",
        "x",
        "-T",
        "provisioning",
        "-C",
        "web",
        "-F",
        "dc==dc1",
        "-A",
        "choria_provision",
        "-S",
        "with('dc=dc1')",
        "-W",
        "db os=linux",
        "--do",
        "a=b",
        "--dm",
        "broadcast",
    ];
    let done = on(settings(), nodes, &line).await;
    assert_eq!(done.ok(), "[\n  \"a\",\n  \"b\"\n]\n");
    let (subject, request) = &done.asked[0];
    assert_eq!(subject, "provisioning.broadcast.agent.discovery");
    assert_eq!(
        serde_json::to_value(&request.filter).unwrap(),
        json!({
            "fact": [{"fact": "dc", "operator": "==", "value": "dc1"}, {"fact": "os", "operator": "==", "value": "linux"}],
            "cf_class": ["web", "db"], "agent": ["choria_provision", "rpcutil"], "identity": [],
            "compound": [[{"expr": "with('dc=dc1')"}]],
        })
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_found_is_an_answer_and_named_nodes_are_not_asked() {
    let done = muster(&[], "discover -j").await;
    assert_eq!(done.ok(), "[]\n");
    let done = muster(&[], "discover -I b -I a").await;
    assert_eq!(done.ok(), "a\nb\n");
    assert!(done.asked.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_file_names_nodes_as_lines_json_or_yaml() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("n.txt", "# ours\nb\n\n a \n"),
        ("n.json", r#"["b","a"]"#),
        ("n.yaml", "- b\n- a\n"),
    ] {
        let path = dir.path().join(name);
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes())
            .unwrap();
        let path = path.to_str().unwrap();
        for line in [
            vec!["discover", "--nodes", path],
            vec![
                "discover",
                "--dm",
                "flatfile",
                "--do",
                &format!("file={path}"),
            ],
        ] {
            let done = on(settings(), [], &line).await;
            assert_eq!(done.ok(), "a\nb\n", "{name}");
        }
    }
    let bad = dir.path().join("bad.txt");
    std::io::Write::write_all(&mut std::fs::File::create(&bad).unwrap(), b"a b\n").unwrap();
    let done = on(
        settings(),
        [],
        &["discover", "--nodes", bad.to_str().unwrap()],
    )
    .await;
    assert!(matches!(done.result, Err(OperatorError::NotAList { .. })));
    let done = muster(&[], "discover --nodes /nonexistent/nodes").await;
    assert!(matches!(done.result, Err(OperatorError::Read { .. })));
}

#[tokio::test(start_paused = true)]
async fn ways_of_discovery_that_are_not_built_are_refused() {
    let done = muster(&[], "discover --dm choria").await;
    assert!(matches!(done.result, Err(OperatorError::Method { .. })));
    let done = muster(&[], "discover --dm flatfile").await;
    assert!(matches!(done.result, Err(OperatorError::NoNodesFile)));
    let done = muster(&[], "discover -F dc").await;
    assert!(matches!(done.result, Err(OperatorError::Fact { .. })));
    let done = muster(&[], "discover -T a*").await;
    assert!(matches!(done.result, Err(OperatorError::Name { .. })));
    let settings = ClientSettings {
        require_filter: true,
        ..settings()
    };
    let done = on(settings, [], &["discover"]).await;
    assert!(matches!(done.result, Err(OperatorError::FilterRequired)));
}

#[tokio::test(start_paused = true)]
async fn req_prints_outputs_by_their_names_and_who_is_missing() {
    let done = muster(
        &[("node1.example.net", PING), ("node2.example.net", SILENT)],
        "req rpcutil ping",
    )
    .await;
    assert_eq!(
        done.ok(),
        "node1.example.net                        \n
   Timestamp: 1795222429

Finished processing 1 / 2 hosts in 6s

No Responses from: 1

    node2.example.net
"
    );
}

#[tokio::test(start_paused = true)]
async fn req_prints_failures_with_their_reason() {
    let done = muster(
        &[("a", REFUSES)],
        "req choria_provision gencsr token=x -I a --silent",
    )
    .await;
    assert_eq!(
        done.ok(),
        "a                                        Request Aborted

    Incorrect provision token supplied

"
    );
    let hidden = muster(
        &[("a", REFUSES)],
        "req choria_provision gencsr -I a --silent --display ok",
    )
    .await;
    assert_eq!(hidden.ok(), "");
}

#[tokio::test(start_paused = true)]
async fn req_shows_what_the_description_wants_shown_and_condenses_it() {
    let nodes = [("a", FACTS), ("b", FACTS), ("c", FACTS), ("d", FACTS)];
    let done = muster(&nodes, "req rpcutil get_fact fact=dc --sort").await;
    assert_eq!(
        done.ok(),
        "a                                        \n
    Fact: dc
   Value: dc1

b                                        \n
    Fact: dc
   Value: dc1

c                                        \n
    Fact: dc
   Value: null

d                                        \n
    Fact: dc
   Value: {
            \"x\": 1
          }

Summary of Value:

       dc1 = 2
      null = 1
   {\"x\":1} = 1

Finished processing 4 / 4 hosts in 2.04s
"
    );
}

#[tokio::test(start_paused = true)]
async fn req_prints_one_json_document() {
    let done = muster(
        &[("a", FACTS), ("b", REFUSES), ("x", SILENT)],
        "req rpcutil get_fact fact=dc -j",
    )
    .await;
    assert_eq!(
        done.json(),
        json!({
            "agent": "rpcutil", "action": "get_fact",
            "replies": [
                {"sender": "a", "action": "get_fact", "statuscode": 0, "statusmsg": "OK",
                    "data": {"fact": "dc", "value": "dc1"}, "time_utc": "2026-11-21T00:52:57Z"},
                {"sender": "b", "action": "get_fact", "statuscode": 1, "statusmsg": "Incorrect provision token supplied",
                    "data": {}, "time_utc": "2026-11-21T00:52:57Z"},
            ],
            "request_stats": {
                "requestid": format!("{:032x}", 2), "no_responses": ["x"], "unexpected_responses": [], "discovered": 3,
                "failed": 1, "ok": 1, "responses": 2, "publish_time": 0, "request_time": 4_000_000_000_u64,
                "discover_time": 2_000_000_000_u64, "start_time_utc": "2026-11-21T00:52:57Z",
            },
            "summaries": {"value": {"dc1": 1}},
        })
    );
}

#[tokio::test(start_paused = true)]
async fn req_has_short_forms_for_scripts() {
    let nodes = [("a", FACTS), ("b", REFUSES), ("c", FACTS)];
    let call = "req rpcutil get_fact fact=dc";
    assert_eq!(
        muster(&nodes, &format!("{call} --senders")).await.ok(),
        "a\nc\n"
    );
    assert_eq!(
        muster(&nodes, &format!("{call} --senders -j")).await.json(),
        json!(["a", "c"])
    );
    let lines = muster(&nodes, &format!("{call} --jsonl")).await;
    let senders: Vec<Value> = lines
        .ok()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["sender"].take())
        .collect();
    assert_eq!(senders, ["a", "b", "c"]);
    assert_eq!(
        muster(&nodes, &format!("{call} --table")).await.ok(),
        "+--------+------+-------+
| Sender | Fact | Value |
+=======================+
| a      | dc   | dc1   |
| c      | dc   | null  |
+--------+------+-------+
"
    );
}

#[tokio::test(start_paused = true)]
async fn req_writes_to_a_file_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    let line = [
        "req",
        "rpcutil",
        "ping",
        "-I",
        "a",
        "-j",
        "-o",
        path.to_str().unwrap(),
    ];
    assert_eq!(on(settings(), [("a", PING)], &line).await.ok(), "");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(document["request_stats"]["ok"], 1);
    let line = [
        "req",
        "rpcutil",
        "ping",
        "-I",
        "a",
        "-o",
        dir.path().to_str().unwrap(),
    ];
    assert!(matches!(
        on(settings(), [], &line).await.result,
        Err(OperatorError::Create { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn req_refuses_wrong_arguments_before_it_sends_anything() {
    for (line, code) in [
        ("req rpcutil get_fact", Exit::Usage),
        ("req rpcutil get_fact fact=dc other=1", Exit::Usage),
        ("req rpcutil nosuch", Exit::Usage),
        ("req nosuch ping", Exit::Usage),
        ("req rpcutil ping nonsense", Exit::Usage),
        ("req rpcutil ping =x", Exit::Usage),
        ("req choria_provision restart splay=soon", Exit::Usage),
        ("req rpcutil ping -I a --limit x", Exit::Usage),
        ("req rpcutil ping -I a --limit 10%", Exit::Negative),
    ] {
        let done = muster(&[("a", PING)], line).await;
        assert_eq!(done.result.unwrap_err().exit(), code, "{line}");
        assert!(done.asked.is_empty(), "{line}");
    }
    let done = muster(&[], "req rpcutil ping").await;
    assert!(matches!(done.result, Err(OperatorError::NoNodes)));
}

#[tokio::test(start_paused = true)]
async fn req_sends_typed_inputs_and_texts_where_there_is_no_description() {
    let done = muster(
        &[("a", PING)],
        "req choria_provision restart token=t splay=1 -I a",
    )
    .await;
    assert_eq!(done.inputs(), json!({"token": "t", "splay": 1}));
    let done = muster(&[("a", PING)], "req nosuch ping x=1 --no-ddl -I a").await;
    assert_eq!(done.inputs(), json!({"x": "1"}));
    assert!(done.ok().contains("   pong: 1795222429\n"));
}

#[tokio::test(start_paused = true)]
async fn req_limits_and_batches() {
    let nodes = [("a", PING), ("b", PING), ("c", PING), ("d", PING)];
    let done = muster(&nodes, "req rpcutil ping --senders --limit 2").await;
    assert_eq!(done.ok(), "a\nb\n");
    let done = muster(&nodes, "req rpcutil ping -j --batch 3 --batch-sleep 5").await;
    assert_eq!(
        done.json()["request_stats"]["request_time"],
        5_070_000_000_u64
    );
    let seeded = "req rpcutil ping --senders --limit 50% --limit-seed 7";
    let (one, two) = (muster(&nodes, seeded).await, muster(&nodes, seeded).await);
    assert_eq!(one.ok(), two.ok());
    assert_eq!(one.ok().lines().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn req_can_leave_the_answers_to_somebody_else() {
    let done = muster(
        &[("a", PING)],
        "req rpcutil ping -r custom.target -F dc=dc1",
    )
    .await;
    assert_eq!(done.ok(), format!("{:032x}\n", 1));
    assert_eq!(done.asked[0].0, "mcollective.broadcast.agent.rpcutil");
    assert_eq!(done.asked[0].1.filter.fact.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_node_says_cannot_move_the_cursor() {
    let evil: Behaviour = |_, rpc| ok(&rpc.action, json!({"pong": "\u{1b}[2Jx\ny", "\u{7}": 1}));
    let done = muster(&[("a", evil)], "req rpcutil ping -I a --silent").await;
    assert_eq!(
        done.ok(),
        "a                                        \n
           \u{fffd}: 1
   Timestamp: \u{fffd}[2Jx
              y

"
    );
}

#[tokio::test(start_paused = true)]
async fn facts_reports_how_often_each_value_occurs() {
    let nodes = [("a", FACTS), ("b", FACTS), ("c", FACTS), ("x", SILENT)];
    let done = muster(&nodes, "facts dc").await;
    assert_eq!(
        done.ok(),
        "Report for fact: dc

  null found 1 times
  dc1  found 2 times

Finished processing 3 / 4 hosts in 6s

No Responses from: 1

    x
"
    );
    assert_eq!(
        muster(&nodes, "facts dc -j").await.json(),
        json!({"dc1": {"count": 2, "identities": ["a", "b"]}, "null": {"count": 1, "identities": ["c"]}})
    );
    assert_eq!(
        muster(&nodes, "facts dc -t -n -r").await.ok(),
        "+------+---------+-------+
| Fact | Matches | Nodes |
+========================+
| dc1  | 2       | a     |
|      |         | b     |
| null | 1       | c     |
+------+---------+-------+
"
    );
    assert!(matches!(
        muster(&[], "facts dc").await.result,
        Err(OperatorError::NoNodes)
    ));
    assert!(matches!(
        muster(&[("a", SILENT)], "facts dc").await.result,
        Err(OperatorError::NoResponses)
    ));
}

#[tokio::test(start_paused = true)]
async fn inventory_shows_what_a_node_has_and_knows() {
    let done = muster(&[("cap1.example.net", NODE)], "inventory cap1.example.net").await;
    assert_eq!(
        done.ok(),
        r#"Inventory for cap1.example.net

  Choria Server Statistics:

                     Version: 0.29.4 (upgradable during provisioning)
                  Start Time: 2026-11-21 00:52:52 +0000 UTC
                 Config File: /etc/choria/server.conf
                 Collectives: provisioning
             Main Collective: provisioning
                  Process ID: 16871
              Total Messages: 17
     Messages Passed Filters: 14
           Messages Filtered: 3
            Expired Messages: 0
                Replies Sent: 13
            Events Published: 1

  Agents:

    choria_provision    choria_util         discovery
    rpcutil

  Tagged Classes:

    role::web

  Autonomous Agents:

    m 1.0.0 RUN

  Facts:

    {
      "dc": "dc1",
      "role": "web"
    }
"#
    );
    let done = muster(&[], "inventory cap1.example.net").await;
    assert!(matches!(done.result, Err(OperatorError::NoResponses)));
}

#[tokio::test(start_paused = true)]
async fn inventory_counts_the_nodes_of_each_collective() {
    let done = muster(&[("a", NODE), ("b", NODE)], "inventory --collectives -j").await;
    assert_eq!(done.json(), json!({"a": 2, "b": 2}));
}

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
fn our_configuration_files_come_before_those_of_others() {
    let paths = candidates(Some(Path::new("/home/bob")));
    assert_eq!(
        paths,
        [
            "/home/bob/.config/muster/client.conf",
            "/etc/muster/client.conf",
            "/home/bob/.choriarc",
            "/home/bob/.mcollective",
            "/etc/choria/client.conf",
            "/usr/local/etc/choria/client.conf",
            "/etc/puppetlabs/mcollective/client.cfg",
        ]
        .map(PathBuf::from)
    );
    assert_eq!(candidates(None).len(), 4);
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
        (OperatorError::NotAList { path: "x".into() }, Exit::Data),
        (publish(WireError::Closed), Exit::Unavailable),
        (publish(WireError::TimedOut), Exit::Unavailable),
        (publish(WireError::TooLarge { size: 1 }), Exit::Data),
    ] {
        assert_eq!(err.exit(), exit, "{err}");
    }
}
