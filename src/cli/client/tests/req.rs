//! `req`.

use serde_json::Value;
use serde_json::json;

use super::FACTS;
use super::PING;
use super::REFUSES;
use super::SILENT;
use super::muster;
use super::ok;
use super::on;
use super::settings;
use super::with_named;
use crate::cli::client::error::OperatorError;
use crate::client::fleet::Behaviour;
use crate::report::Exit;

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

       dc1: 2
      null: 1
   {\"x\":1}: 1

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
async fn req_asks_the_nodes_that_standard_input_names_and_nobody_else() {
    let nodes = [("a", PING), ("b", PING), ("c", PING)];
    let line = ["req", "rpcutil", "ping", "--senders"];
    let done = with_named(settings(), nodes, &line, Some(&["a", "c"])).await;
    assert_eq!(done.ok(), "a\nc\n");
    let subjects: Vec<_> = done.asked.iter().map(|(subject, _)| subject).collect();
    assert_eq!(subjects, ["mcollective.node.a", "mcollective.node.c"]);
    let done = with_named(settings(), nodes, &line, Some(&[])).await;
    assert!(matches!(done.result, Err(OperatorError::NoNodes)));
    assert!(done.asked.is_empty());
}

#[tokio::test(start_paused = true)]
async fn req_fails_after_its_output_when_fewer_answer_than_expected() {
    let nodes = [("a", PING), ("b", REFUSES), ("c", SILENT)];
    let call = "req rpcutil ping --senders --expect";
    // a node that answers with a failure has answered
    assert_eq!(muster(&nodes, &format!("{call} 2")).await.ok(), "a\n");
    let done = muster(&nodes, &format!("{call} 3")).await;
    assert_eq!(done.out, "a\n");
    let err = done.result.unwrap_err();
    assert!(matches!(
        err,
        OperatorError::Incomplete {
            received: 2,
            expected: 3
        }
    ));
    let done = muster(&[], &format!("{call} 1")).await;
    assert_eq!(done.result.unwrap_err().exit(), err.exit());
    let done = muster(&[], &format!("{call} 0")).await;
    assert!(matches!(done.result, Err(OperatorError::NoNodes)));
}
