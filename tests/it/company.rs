//! Agents of a company, on a node without a broker: what the node does before, around and after their code.

#![expect(clippy::panic, reason = "agents that panic are part of what is tested")]

use std::os::unix::fs::PermissionsExt as _;

use muster::build_info::BuildInfo;
use muster::company::Acting;
use muster::company::Call;
use muster::company::Company;
use muster::company::CompanyAgent;
use muster::company::Compiled;
use muster::company::Done;
use muster::company::Host;
use muster::company::MakeError;
use muster::company::PROVISION_DDL;
use muster::company::Provisioning;
use muster::company::StatusCode;
use muster::company::Then;
use muster::protocol::body::RpcReply;
use muster::report::Chain;
use muster::report::Exit;
use muster::server::start::StartError;
use serde_json::Value;
use serde_json::json;

use crate::agents::NODE;
use crate::agents::NOW;
use crate::agents::call;
use crate::agents::payload;
use crate::agents::request;
use crate::support::node::BUILD;
use crate::support::node::TOKEN;
use crate::support::node::TestNode;

const DDL: &str = r#"{
    "metadata": {"name": "acme_probe", "description": "Probes", "license": "MIT", "author": "acme", "timeout": 1},
    "actions": [
        {"action": "tell", "description": "Tells what it was lent"},
        {"action": "echo", "input": {
            "text": {"type": "string", "optional": false, "validation": "^[a-z]+$", "maxlength": 5},
            "times": {"type": "integer", "optional": false, "default": 2}
        }},
        {"action": "guarded", "input": {"token": {"type": "string", "optional": false, "default": "", "maxlength": 128}}},
        {"action": "panic"}, {"action": "sleep"}, {"action": "restart"}, {"action": "forgotten"}
    ]
}"#;

const PROBE: Compiled = Compiled {
    name: "acme_probe",
    origin: "path ../probe",
    company: Company {
        ddl: DDL,
        krate: "acme-probe",
        version: "1.2.3",
        make: probe,
    },
};

struct Probe(Host);

fn probe(host: Host) -> Result<Box<dyn CompanyAgent>, MakeError> {
    match host.setting("mood") {
        Some("bad") => Err("mood is bad".into()),
        Some("worse") => panic!("mood is worse"),
        Some(_) | None => Ok(Box::new(Probe(host))),
    }
}

impl CompanyAgent for Probe {
    fn run(&self, call: Call) -> Option<Acting<'_>> {
        let Self(host) = self;
        Some(match call.action.as_str() {
            "tell" => Box::pin(async move {
                let folder = host.state_folder().unwrap();
                let mode = folder.metadata().unwrap().permissions().mode() & 0o777;
                Ok(Done::with([
                    ("identity", host.identity().into()),
                    ("collectives", host.collectives().collect::<Vec<_>>().into()),
                    ("waits", host.waits_for_provisioner().into()),
                    ("mood", host.setting("mood").into()),
                    ("folder", folder.display().to_string().into()),
                    ("mode", mode.into()),
                    ("role", host.fact("role")),
                ]))
            }),
            "echo" => Box::pin(async move { Ok(Done::with([("inputs", call.data)])) }),
            "guarded" => Box::pin(async move {
                let token = call.data["token"].as_str().unwrap();
                host.verify_token(&call, token).await?;
                Ok(Done::default())
            }),
            "panic" => Box::pin(async move { panic!("of its own") }),
            "sleep" => Box::pin(std::future::pending()),
            "restart" => Box::pin(async move {
                Ok(Done {
                    then: Some(Then::Restart {
                        delay: std::time::Duration::ZERO,
                    }),
                    ..Done::default()
                })
            }),
            _ => return None,
        })
    }
}

/// Ours, behind a fact.
const PROVISION: Compiled = Compiled {
    name: "choria_provision",
    origin: "path ../provision",
    company: Company {
        ddl: PROVISION_DDL,
        krate: "acme-provision",
        version: "4.5.6",
        make: provision,
    },
};

struct Stricter(Provisioning);

fn provision(mut host: Host) -> Result<Box<dyn CompanyAgent>, MakeError> {
    let ours = host.provisioning().ok_or("not lent our actions")?;
    assert!(host.provisioning().is_none(), "lent twice");
    Ok(Box::new(Stricter(ours)))
}

impl CompanyAgent for Stricter {
    fn run(&self, call: Call) -> Option<Acting<'_>> {
        let Self(ours) = self;
        if call.action == "shutdown" {
            return Some(Box::pin(async {
                Err(muster::company::Failure::aborted(
                    "Nobody shuts down our nodes",
                ))
            }));
        }
        ours.run(call)
    }
}

fn stricter() -> BuildInfo {
    let mut build = BUILD;
    build.provisioning.agent = false;
    build
}

const FLEET: &str = "plugin.choria.server.provision = false\ncollectives = provisioning\n";

fn node(config: Option<&str>) -> TestNode {
    TestNode::of_company(&BUILD, config, NOW, &[PROBE]).unwrap()
}

async fn ask(node: &TestNode, action: &str, inputs: Value) -> RpcReply {
    call(node, &request("acme_probe", action, inputs)).await
}

#[tokio::test]
async fn an_agent_is_lent_what_it_needs_and_no_more() {
    let config =
        "identity = n1.example.net\nplugin.acme_probe.mood = good\nplugin.acme_other.mood = x\n";
    let node = node(Some(config));
    let told = ask_as(&node, "n1.example.net", "tell").await.data;
    assert_eq!(told["identity"], "n1.example.net");
    assert_eq!(told["collectives"], json!(["provisioning"]));
    assert_eq!(
        (&told["waits"], &told["mood"]),
        (&json!(true), &json!("good"))
    );
    assert_eq!(told["mode"], 0o700);
    let folder = node.foundation.state_dir.join("agents/acme_probe");
    assert_eq!(told["folder"], folder.display().to_string());
}

async fn ask_as(node: &TestNode, identity: &str, action: &str) -> RpcReply {
    let request = request("acme_probe", action, json!({}));
    let subject = format!("provisioning.node.{identity}");
    let outcome = node.receive(&subject, &payload(&request)).await.unwrap();
    RpcReply::decode(&outcome.reply.unwrap().body).unwrap()
}

#[tokio::test]
async fn a_folder_that_was_open_to_others_is_closed_to_them() {
    let node = node(None);
    let folder = node.foundation.state_dir.join("agents/acme_probe");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(ask(&node, "tell", json!({})).await.data["mode"], 0o700);
}

#[tokio::test]
async fn inputs_are_checked_before_the_agent_sees_them() {
    let node = node(None);
    let good = ask(&node, "echo", json!({"text": "abc"})).await;
    assert_eq!(good.data["inputs"], json!({"text": "abc", "times": 2}));
    for (inputs, text) in [
        (json!({}), "input 'text' is required"),
        (
            json!({"text": "ABC"}),
            "invalid value for 'text': input does not match '^[a-z]+$'",
        ),
        (
            json!({"text": "abcdef"}),
            "invalid value for 'text': is longer than 5 characters",
        ),
        (
            json!({"text": "abc", "times": "2"}),
            "invalid value for 'times': is not an integer",
        ),
        (
            json!({"text": "abc", "tims": 3}),
            "request contains an input 'tims' that is not declared in the DDL. Valid inputs are: text, times",
        ),
        (json!("abc"), "request data is not a hash map"),
    ] {
        let reply = ask(&node, "echo", inputs).await;
        assert_eq!(reply.statuscode, StatusCode::InvalidData);
        assert_eq!(reply.statusmsg, text);
    }
}

#[tokio::test]
async fn an_action_that_is_not_described_or_not_there_is_answered() {
    let node = node(None);
    for action in ["nosuch", "forgotten"] {
        let reply = ask(&node, action, json!({})).await;
        assert_eq!(reply.statuscode, StatusCode::UnknownAction, "{action}");
        let text = format!("Unknown action {action} for agent acme_probe");
        assert_eq!(reply.statusmsg, text);
    }
}

#[tokio::test]
async fn a_panic_costs_nobody_else_anything() {
    let node = node(None);
    let request = request("acme_probe", "panic", json!({}));
    let outcome = node.receive(NODE, &payload(&request)).await.unwrap();
    assert!(outcome.reply.is_none());
    assert_eq!(node.assembly.node.stats.snapshot().panics, 1);
    assert_eq!(
        ask(&node, "echo", json!({"text": "a"})).await.statuscode,
        StatusCode::Ok
    );
}

#[tokio::test(start_paused = true)]
async fn an_action_ends_with_the_time_of_the_description() {
    let node = node(None);
    let request = request("acme_probe", "sleep", json!({}));
    let begun = tokio::time::Instant::now();
    let outcome = node.receive(NODE, &payload(&request)).await.unwrap();
    assert!(outcome.reply.is_none());
    assert_eq!(begun.elapsed().as_secs(), 1);
    assert_eq!(node.assembly.node.stats.snapshot().timeouts, 1);
}

#[tokio::test]
async fn policies_decide_before_the_agent_runs() {
    let config = format!("{FLEET}rpcauthorization = true\nrpcauthprovider = action_policy\n");
    let node = node(Some(&config));
    let reply = ask(&node, "tell", json!({})).await;
    assert_eq!(
        reply.statusmsg,
        "You are not authorized to call this agent or action"
    );
    assert!(!node.foundation.state_dir.join("agents").exists(), "it ran");
}

#[tokio::test]
async fn an_agent_can_ask_for_the_token_and_for_a_restart() {
    let node = node(None);
    let right = ask(&node, "guarded", json!({"token": TOKEN})).await;
    assert_eq!(right.statuscode, StatusCode::Ok);
    let wrong = ask(&node, "guarded", json!({"token": "guess"})).await;
    assert_eq!(wrong.statusmsg, "Incorrect provision token supplied");
    assert_eq!(node.assembly.node.stats.snapshot().wrong_tokens, 1);
    let request = request("acme_probe", "restart", json!({}));
    let outcome = node.receive(NODE, &payload(&request)).await.unwrap();
    assert!(matches!(outcome.answer.then, Some(Then::Restart { .. })));
}

#[tokio::test]
async fn the_node_lists_the_agents_of_the_company() {
    let node = TestNode::of_company(&stricter(), None, NOW, &[PROVISION, PROBE]).unwrap();
    let inventory = call(&node, &request("rpcutil", "agent_inventory", json!({}))).await;
    let agents = inventory.data["agents"].as_array().unwrap();
    let shown: Vec<(&str, &str)> = agents
        .iter()
        .map(|agent| {
            (
                agent["agent"].as_str().unwrap(),
                agent["version"].as_str().unwrap(),
            )
        })
        .collect();
    let ours = BUILD.version;
    assert_eq!(
        shown,
        [
            ("acme_probe", "1.2.3"),
            ("choria_provision", "4.5.6"),
            ("choria_util", ours),
            ("discovery", ours),
            ("rpcutil", ours),
        ]
    );
    assert_eq!(agents[0]["license"], "MIT");
    let inventory = call(&node, &request("rpcutil", "inventory", json!({}))).await;
    assert_eq!(inventory.data["agents"][0], "acme_probe");
}

#[tokio::test]
async fn an_agent_that_is_not_made_ends_the_start() {
    let start = |mood: &str| {
        let config = format!("plugin.acme_probe.mood = {mood}\n");
        TestNode::of_company(&BUILD, Some(&config), NOW, &[PROBE])
            .err()
            .unwrap()
    };
    let err = start("bad");
    assert_eq!(
        Chain(&err).to_string(),
        "cannot make the agent acme_probe of crate acme-probe: mood is bad"
    );
    assert_eq!(err.exit(), Exit::Config);
    let err = start("worse");
    assert!(matches!(
        err,
        StartError::AgentPanicked {
            krate: "acme-probe",
            ..
        }
    ));
    assert_eq!(err.exit(), Exit::Software);
}

#[tokio::test]
async fn an_agent_in_the_place_of_ours_has_the_keys_and_the_work_of_ours() {
    let node = TestNode::of_company(&stricter(), None, NOW, &[PROVISION]).unwrap();
    assert!(node.assembly.site.is_some(), "no keys while it waits");
    let ask = async |action: &str, inputs| {
        call(&node, &request("choria_provision", action, inputs)).await
    };
    let csr = ask("gencsr", json!({"token": TOKEN, "cn": "", "unheard_of": 1})).await;
    assert!(
        csr.data["csr"]
            .as_str()
            .unwrap()
            .contains("CERTIFICATE REQUEST")
    );
    let wrong = ask("gencsr", json!({"token": "guess"})).await;
    assert_eq!(wrong.statusmsg, "Incorrect provision token supplied");
    let own = ask("shutdown", json!({"token": TOKEN})).await;
    assert_eq!(own.statusmsg, "Nobody shuts down our nodes");
}

#[tokio::test]
async fn an_agent_in_the_place_of_ours_is_there_when_ours_would_be() {
    let there = |build: &BuildInfo| {
        let node = TestNode::of_company(build, Some(FLEET), NOW, &[PROVISION]).unwrap();
        assert!(
            node.assembly.site.is_none(),
            "keys of a node that does not wait"
        );
        node.assembly
            .agents
            .contains(&"choria_provision".to_owned())
    };
    assert!(there(&stricter()));
    let mut open = stricter();
    open.provisioning.tokens = &[];
    assert!(!there(&open));
}

#[tokio::test]
async fn nobody_is_in_the_place_of_ours_unless_it_was_compiled_in() {
    let node = TestNode::new(&stricter(), None, NOW);
    assert!(node.assembly.site.is_none());
    assert!(
        !node
            .assembly
            .agents
            .contains(&"choria_provision".to_owned())
    );
}

#[tokio::test]
async fn the_way_back_is_open_where_another_agent_provisions() {
    let build = stricter();
    let config = format!("{FLEET}identity = cap1.example.net\n");
    let refusal = async |agents: &[Compiled]| {
        let node = TestNode::of_company(&build, Some(&config), NOW, agents).unwrap();
        let ground = muster::server::beside::ground(&node.foundation);
        let asked = muster::agents::provision::Asked::OnTheMachine;
        let proved = muster::agents::provision::prove(&ground, asked, "").await;
        proved.err().map(|err| err.to_string())
    };
    assert_eq!(refusal(&[PROVISION]).await, None);
    let nobody = refusal(&[PROBE]).await.unwrap();
    assert_eq!(nobody, "this build has no provisioning agent");
}
