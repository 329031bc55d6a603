//! `restart` and `shutdown`.

use std::fs;
use std::time::Duration;

use muster::rpc::Then;
use serde_json::Value;
use serde_json::json;

use super::ask;
use super::config;
use super::etc;
use super::plain_settings;
use super::waiting;
use crate::agents::NODE;
use crate::agents::NOW;
use crate::agents::payload;
use crate::agents::request;
use crate::support::node::BUILD;
use crate::support::node::TOKEN;
use crate::support::node::TestNode;
use crate::support::node::write;

async fn configured() -> TestNode {
    let node = waiting();
    let reply = ask(
        &node,
        "configure",
        json!({"config": config(&plain_settings())}),
    )
    .await;
    assert_eq!(reply.statuscode.code(), 0, "{}", reply.statusmsg);
    node
}

/// The message of the reply and what follows it.
async fn act(node: &TestNode, action: &str, mut data: Value) -> (String, Option<Then>) {
    data["token"] = json!(TOKEN);
    let request = request("choria_provision", action, data);
    let outcome = node.receive(NODE, &payload(&request)).await.unwrap();
    let body = outcome.reply.unwrap().body;
    let reply = muster::protocol::body::RpcReply::decode(&body).unwrap();
    assert_eq!(reply.statuscode.code(), 0, "{}", reply.statusmsg);
    let message = reply.data["message"].as_str().unwrap().to_owned();
    (message, outcome.answer.then)
}

#[tokio::test]
async fn a_splay_of_one_restarts_after_two_seconds() {
    let node = configured().await;
    for splay in [json!(1), json!(1.0)] {
        let (message, then) = act(&node, "restart", json!({"splay": splay})).await;
        assert_eq!(message, "Restarting Choria Server after 2s");
        let delay = Duration::from_secs(2);
        assert_eq!(then, Some(Then::Restart { delay }));
    }
}

#[tokio::test]
async fn without_a_splay_the_restart_is_spread_over_ten_seconds() {
    let node = configured().await;
    for inputs in [json!({}), json!({"splay": 0}), json!({"splay": null})] {
        for _ in 0..30 {
            let (_, then) = act(&node, "restart", inputs.clone()).await;
            let Some(Then::Restart { delay }) = then else {
                panic!("{then:?}");
            };
            assert!((2..=11).contains(&delay.as_secs()), "{delay:?}");
        }
    }
}

#[tokio::test]
async fn any_other_splay_is_invalid_data() {
    let node = configured().await;
    for splay in [
        json!(-1),
        json!(1.5),
        json!("10"),
        json!(3601),
        json!(1e300),
        json!(true),
    ] {
        let reply = ask(&node, "restart", json!({"splay": splay})).await;
        assert_eq!(reply.statuscode.code(), 4, "{splay}");
        let text = "Could not parse request data for choria_provision#restart: ";
        assert!(reply.statusmsg.starts_with(text), "{}", reply.statusmsg);
    }
}

#[tokio::test]
async fn a_restart_that_would_not_leave_provisioning_is_refused() {
    let node = waiting();
    let path = node.config_file();
    let unparsable = format!(
        "Configuration {} could not be parsed, restart cannot continue: ",
        path.display()
    );
    let provisioning = format!(
        "Configuration {} enables provisioning, restart cannot continue",
        path.display()
    );
    let working = "plugin.choria.server.provision = false\nplugin.choria.middleware_hosts = broker.example.net:4222\n";
    for (text, refusal) in [
        (None, &unparsable),
        (Some("ttl = soon\n".to_owned()), &unparsable),
        (Some("identity = a\0b\n".to_owned()), &unparsable),
        (
            Some("identity = cap1.example.net\n".to_owned()),
            &provisioning,
        ),
        (
            Some("plugin.choria.server.provision = 1\n".to_owned()),
            &provisioning,
        ),
        // a start would refuse these, and nobody could reach the node any more
        (
            Some(format!("{working}plugin.security.provider = choria\n")),
            &unparsable,
        ),
        (
            Some(format!(
                "{working}plugin.security.file.ca = /nonexistent/ca.pem\n"
            )),
            &unparsable,
        ),
        (
            Some("plugin.choria.server.provision = 0\nplugin.choria.use_srv = 0\n".to_owned()),
            &unparsable,
        ),
    ] {
        if let Some(text) = &text {
            write(&path, text);
        }
        let reply = ask(&node, "restart", json!({})).await;
        assert_eq!(reply.statuscode.code(), 1, "{text:?}");
        assert!(
            reply.statusmsg.starts_with(refusal.as_str()),
            "{text:?}: {}",
            reply.statusmsg
        );
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let reply = ask(&node, "restart", json!({})).await;
    assert!(
        reply.statusmsg.starts_with(&unparsable),
        "{}",
        reply.statusmsg
    );
}

#[tokio::test]
async fn a_setting_in_plugin_d_counts_for_a_restart() {
    let node = configured().await;
    let folder = etc(&node).join("plugin.d");
    fs::create_dir(&folder).unwrap();
    write(&folder.join("choria.cfg"), "server.provision = true\n");
    let reply = ask(&node, "restart", json!({})).await;
    assert!(
        reply
            .statusmsg
            .ends_with("enables provisioning, restart cannot continue")
    );
}

#[tokio::test]
async fn a_shutdown_leaves_time_for_its_reply() {
    let node = TestNode::new(&BUILD, None, NOW);
    for _ in 0..30 {
        let (message, then) = act(&node, "shutdown", json!({})).await;
        let Some(Then::Shutdown { delay }) = then else {
            panic!("{then:?}");
        };
        assert!((1..=9).contains(&delay.as_secs()), "{delay:?}");
        assert_eq!(
            message,
            format!("Shutting Choria Server down after {}s", delay.as_secs())
        );
    }
}
