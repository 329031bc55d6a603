//! The example of company agents as a stranger meets it: composed, built by cargo, run on a real broker. Takes minutes, so
//! it needs `MUSTER_LONG=1`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helper functions of tests are not covered by the lints' exceptions"
)]

#[path = "../../../../tests/it/support/dns.rs"]
mod dns;
#[expect(
    dead_code,
    reason = "shared with the agent's tests, which use the rest"
)]
#[path = "../../../../tests/it/support/nats.rs"]
mod nats;
mod program;
mod scene;

use std::process::Command;

use serde_json::Value;

use program::examples;
use program::program;
use program::target;
use scene::NODE;
use scene::Scene;
use scene::TOKEN;
use scene::run;

fn long() -> bool {
    std::env::var_os("MUSTER_LONG").is_some()
}

/// What the program says of itself, without a node.
async fn says(arguments: &[&str]) -> String {
    let output = run(program(), arguments).await;
    assert_eq!(output.code, Some(0), "{output:?}");
    output.stdout
}

#[tokio::test]
async fn the_command_line_knows_the_agents() {
    if !long() {
        return;
    }
    let info: Value = serde_json::from_str(&says(&["build-info", "--json"]).await).unwrap();
    let agents = info["company_agents"].as_array().unwrap();
    let names: Vec<&Value> = agents.iter().map(|agent| &agent["name"]).collect();
    assert_eq!(names, ["acme_asset", "choria_provision"]);
    assert_eq!(agents[0]["crate"], "acme-asset");
    assert_eq!(agents[0]["origin"], "path acme_asset");
    assert_eq!(info["provisioning"]["agent"], false);
    assert_eq!(info["provisioning"]["agent_replaced"], true);
    let info = says(&["build-info"]).await;
    for line in [
        "      Default Provisioning Agent: false\n",
        "crate acme-provision 1.0.0 (path acme_provision)\n",
        "  Company agent acme_asset from crate acme-asset 1.0.0 (path acme_asset)\n",
    ] {
        assert!(info.contains(line), "{line}: {info}");
    }
    assert!(
        says(&["tool", "ddl", "acme_asset"])
            .await
            .contains("asset tag")
    );
    assert!(says(&["completions", "bash"]).await.contains("acme_asset"));
}

#[tokio::test]
async fn the_agents_are_on_the_network_from_the_first_request_to_the_fleet() {
    if !long() {
        return;
    }
    let scene = Scene::start().await;
    let waiting = scene.operator("provisioning");
    waiting.reaches(NODE).await;
    let agents = waiting.asks("rpcutil", "agent_inventory", &[]).await;
    let agents = agents["data"]["agents"].as_array().unwrap().clone();
    let version = |name: &str| {
        let agent = agents.iter().find(|agent| agent["agent"] == name);
        agent.map(|agent| agent["version"].clone())
    };
    assert_eq!(version("acme_asset"), Some("1.0.0".into()));
    assert_eq!(version("choria_provision"), Some("1.0.0".into()));

    let refused = waiting
        .asks("acme_asset", "set", &["tag=AC-1701", "token=guess"])
        .await;
    assert_eq!(refused["statusmsg"], "Incorrect provision token supplied");
    let set = waiting
        .asks("acme_asset", "set", &["tag=AC-1701", TOKEN])
        .await;
    assert_eq!(set["data"]["tag"], "AC-1701", "{set}");

    let refused = waiting.asks("choria_provision", "gencsr", &[TOKEN]).await;
    assert_eq!(refused["statuscode"], 1);
    let closed = format!("The maintenance window of {NODE} is not open");
    assert_eq!(refused["statusmsg"], closed.as_str());
    scene.put("facts.json", r#"{"maintenance": "open"}"#);
    let csr = waiting.asks("choria_provision", "gencsr", &[TOKEN]).await;
    assert!(
        csr["data"]["csr"].as_str().unwrap().contains("REQUEST"),
        "{csr}"
    );

    let config = format!("config={}", scene.fleet_settings());
    let configured = waiting
        .asks("choria_provision", "configure", &[&config, TOKEN])
        .await;
    assert_eq!(configured["statuscode"], 0, "{configured}");
    let restarted = waiting
        .asks("choria_provision", "restart", &["splay=1", TOKEN])
        .await;
    assert_eq!(restarted["statuscode"], 0, "{restarted}");
    let fleet = scene.operator("mcollective");
    fleet.reaches(NODE).await;
    let tag = fleet.asks("acme_asset", "show", &[]).await;
    assert_eq!(tag["data"]["tag"], "AC-1701");
}

#[test]
fn the_tests_of_the_examples_pass() {
    if !long() {
        return;
    }
    let tested = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--locked", "--manifest-path"])
        .arg(examples().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target().join("built"))
        .status()
        .unwrap();
    assert!(tested.success());
}

#[test]
fn a_crate_without_the_constant_is_named() {
    if !long() {
        return;
    }
    let folder = target().join("empty");
    program::empty_crate(&folder);
    let composed = program::compose_in(&folder, "acme_empty", "acme-empty");
    let said = program::failure(&composed);
    let blame = composed.blame(&said).unwrap().to_string();
    assert!(
        blame.contains("the crate acme-empty does not export"),
        "{blame}: {said}"
    );
}
