//! What `configure` refuses, with which words, and that it then has touched nothing (design §5).

use std::os::unix::fs::symlink;

use muster::protocol::Route;
use muster::protocol::body::RpcReply;
use muster::protocol::names::CallerId;
use muster::protocol::names::SenderId;
use muster::protocol::v1;
use muster::server::refusal::Refusal;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::IDENTITY;
use super::ask;
use super::config;
use super::configure::server_token;
use super::csr;
use super::etc;
use super::inputs;
use super::plain_settings;
use super::settings;
use super::snapshot;
use super::waiting_with_key;
use crate::agents::NODE;
use crate::agents::payload;
use crate::agents::request;
use crate::support::authority::Authority;
use crate::support::node::TOKEN;
use crate::support::node::TestNode;
use crate::support::node::write;

/// Sends the inputs; the reply must have this status and begin so, and the whole folder must be as before.
async fn refused(node: &TestNode, inputs: Value, status: u8, text: &str) -> RpcReply {
    let before = snapshot(&etc(node));
    let reply = ask(node, "configure", inputs).await;
    assert_eq!(reply.statuscode.code(), status, "{}", reply.statusmsg);
    assert!(
        reply.statusmsg.starts_with(text),
        "{} instead of {text}",
        reply.statusmsg
    );
    assert_eq!(reply.data, json!({}));
    assert_eq!(snapshot(&etc(node)), before, "{text}");
    reply
}

/// The settings with one of them set.
fn with(key: &str, value: &str) -> Value {
    let mut settings = plain_settings();
    settings.insert(key.into(), json!(value));
    json!({"config": config(&settings)})
}

/// A node, its authority, and the inputs that would be taken.
async fn ready() -> (TestNode, Authority, Value) {
    let node = waiting_with_key().await;
    let ca = Authority::new();
    let certificate = ca.sign(&csr(&node).await, IDENTITY);
    let inputs = inputs(&node, &certificate, &ca);
    (node, ca, inputs)
}

#[tokio::test]
async fn no_configuration_at_all() {
    let node = waiting_with_key().await;
    let text =
        "Did not receive any configuration to write, cannot write a empty configuration file";
    for inputs in [json!({}), json!({"config": ""}), json!({"config": null})] {
        refused(&node, inputs, 1, text).await;
    }
}

#[tokio::test]
async fn a_configuration_that_is_no_object_of_texts() {
    let node = waiting_with_key().await;
    for config in [
        "null",
        "not json",
        "{",
        "[]",
        "1",
        "\"text\"",
        r#"{"a":1}"#,
        r#"{"a":null}"#,
        r#"{"a":{}}"#,
    ] {
        let text = "Could not decode configuration data: ";
        refused(&node, json!({"config": config}), 1, text).await;
    }
    refused(
        &node,
        json!({"config": "{}"}),
        1,
        "Could not write config: no settings",
    )
    .await;
}

#[tokio::test]
async fn inputs_of_the_wrong_type() {
    let node = waiting_with_key().await;
    let text = "Could not parse request data for choria_provision#configure: ";
    for inputs in [
        json!({"config": {"a": "b"}}),
        json!({"config": 1}),
        json!({"certificate": true}),
        json!({"action_policies": "x"}),
        json!({"opa_policies": {"a.rego": 1}}),
        json!({"key": []}),
    ] {
        refused(&node, inputs, 4, text).await;
    }
}

#[tokio::test]
async fn values_that_are_refused_are_not_told() {
    let node = waiting_with_key().await;
    for config in [
        r#"{"plugin.nats.pass":314159265}"#,
        r#""314159265""#,
        r#"{"plugin.nats.pass":"314159265","a":"x\ny"}"#,
        r#"{"plugin.nats.pass":"314159265\n"}"#,
    ] {
        let reply = ask(&node, "configure", json!({"config": config})).await;
        assert_eq!(reply.statuscode.code(), 1);
        assert!(
            !reply.statusmsg.contains("314159265"),
            "{}",
            reply.statusmsg
        );
    }
    for inputs in [json!({"config": 314_159_265}), json!({"key": 314_159_265})] {
        let reply = ask(&node, "configure", inputs).await;
        assert!(
            !reply.statusmsg.contains("314159265"),
            "{}",
            reply.statusmsg
        );
    }
}

#[tokio::test]
async fn keys_and_values_that_a_file_cannot_hold() {
    let node = waiting_with_key().await;
    for bad in [
        "a\nplugin.x",
        "a\0",
        "a\rb",
        "a=b",
        "a b",
        "#a",
        "",
        "\u{2028}",
    ] {
        refused(&node, with(bad, "x"), 1, "Could not write config: key ").await;
    }
    for bad in ["x\nplugin.y=z", "x\0", "x\r", "x\u{85}y", "a\tb"] {
        let text = "Could not write config: the value of key \"registerinterval\"";
        refused(&node, with("registerinterval", bad), 1, text).await;
    }
    for bad in ["", " x", "x "] {
        refused(
            &node,
            with("a.b", bad),
            1,
            "Could not write config: key \"a.b\"",
        )
        .await;
    }
}

#[tokio::test]
async fn inputs_beyond_their_limits() {
    let node = waiting_with_key().await;
    let kib = |n: usize| "x".repeat(n * 1024 + 1);
    for (name, size) in [
        ("config", 256),
        ("certificate", 64),
        ("ca", 256),
        ("key", 16),
        ("server_jwt", 16),
    ] {
        let mut inputs = json!({"config": config(&plain_settings())});
        inputs[name] = json!(kib(size));
        let text = format!(
            "Validation failed: {name} is longer than {} bytes",
            size * 1024
        );
        refused(&node, inputs, 4, &text).await;
    }
    let large = json!({"config": "x".repeat(600 * 1024)});
    refused(&node, large, 4, "Validation failed: config ").await;
    let mut inputs = json!({"config": config(&plain_settings()), "ssldir": "x".repeat(501)});
    refused(&node, inputs.clone(), 4, "Validation failed: ssldir ").await;
    inputs["ssldir"] = json!("");
    inputs["ecdh_public"] = json!("x".repeat(65));
    refused(&node, inputs, 4, "Validation failed: ecdh_public ").await;
}

#[tokio::test]
async fn ten_megabytes_are_refused_at_the_door() {
    let node = waiting_with_key().await;
    let before = snapshot(&etc(&node));
    let inputs = json!({"token": TOKEN, "config": "x".repeat(10 << 20)});
    let message = payload(&request("choria_provision", "configure", inputs));
    let sent = node.receive(NODE, &message).await;
    assert!(matches!(sent, Err(Refusal::Malformed(_))));
    assert_eq!(snapshot(&etc(&node)), before);
}

#[tokio::test]
async fn every_partial_set_of_tls_inputs() {
    let (node, _, whole) = ready().await;
    let names = ["certificate", "ca", "key"];
    for chosen in 1..8_u8 {
        let given = |n: usize| chosen & (1 << n) != 0;
        if given(0) && given(1) {
            continue;
        }
        for ssldir in [whole["ssldir"].clone(), json!("")] {
            let mut inputs = whole.clone();
            inputs["ssldir"] = ssldir;
            for (n, name) in names.iter().enumerate() {
                if !given(n) {
                    inputs[*name] = json!("");
                } else if *name == "key" {
                    inputs["key"] = json!("-----BEGIN RSA PRIVATE KEY-----");
                    inputs["ecdh_public"] = json!("ab".repeat(32));
                }
            }
            let missing = if given(0) { "ca" } else { "certificate" };
            let text = format!("TLS Setup Failed: {missing} is missing");
            refused(&node, inputs, 1, &text).await;
        }
    }
}

#[tokio::test]
async fn certificates_that_do_not_fit() {
    let (node, ca, whole) = ready().await;
    let csr = csr(&node).await;
    let other = waiting_with_key().await;
    let foreign = ca.sign(&super::csr(&other).await, IDENTITY);
    for (input, value, text) in [
        (
            "certificate",
            foreign,
            "the certificate does not belong to the private key",
        ),
        (
            "ca",
            Authority::new().pem,
            "the certificate does not chain to the CA",
        ),
        (
            "certificate",
            ca.sign_until(&csr, IDENTITY, 2026),
            "the certificate is not valid at this time",
        ),
        (
            "certificate",
            "stub_cert".into(),
            "the certificate is not a PEM certificate",
        ),
        ("ca", "stub_ca".into(), "the CA is not a PEM certificate"),
        (
            "certificate",
            csr.clone(),
            "the certificate holds something that is not",
        ),
    ] {
        let mut inputs = whole.clone();
        inputs[input] = json!(value);
        refused(&node, inputs, 1, &format!("TLS Setup Failed: {text}")).await;
    }
}

#[tokio::test]
async fn directories_that_are_not_the_nodes_own() {
    let (node, _, whole) = ready().await;
    let etc = etc(&node);
    let inside = |path: &str| etc.join(path).display().to_string();
    for bad in [
        "/etc/elsewhere/ssl".to_owned(),
        "ssl".to_owned(),
        inside("../ssl"),
        inside("ssl/../../x"),
        inside(".muster"),
        inside(".muster/x"),
        format!("{}-else/ssl", etc.display()),
    ] {
        let mut inputs = whole.clone();
        inputs["ssldir"] = json!(bad);
        refused(
            &node,
            inputs,
            1,
            "TLS Setup Failed: the ssl directory must be",
        )
        .await;
    }
}

#[tokio::test]
async fn a_directory_behind_a_link() {
    let (node, _, mut inputs) = ready().await;
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::create_dir(elsewhere.path().join("there")).unwrap();
    let before = snapshot(elsewhere.path());
    let link = etc(&node).join("pki");
    symlink(elsewhere.path(), &link).unwrap();
    inputs["config"] = config(&plain_settings());
    for place in [link.clone(), link.join("there"), link.join("missing")] {
        inputs["ssldir"] = json!(place);
        let text = format!(
            "TLS Setup Failed: could not create ssl directory {}: {} is a symbolic link",
            place.display(),
            link.display()
        );
        refused(&node, inputs.clone(), 1, &text).await;
    }
    assert_eq!(snapshot(elsewhere.path()), before);
}

#[tokio::test]
async fn private_keys_that_cannot_be_received() {
    let (node, _, whole) = ready().await;
    let mut inputs = whole.clone();
    inputs["key"] = json!("-----BEGIN RSA PRIVATE KEY-----");
    let text = "EDCH Public Key not supplied while providing a private key";
    refused(&node, inputs.clone(), 1, text).await;
    inputs["ecdh_public"] = json!("ab".repeat(32));
    let text = "TLS Setup Failed: could not decrypt private key: private key not set";
    refused(&node, inputs, 1, text).await;
}

#[tokio::test]
async fn an_action_policy_that_this_node_cannot_follow_with_its_line() {
    let node = waiting_with_key().await;
    for (policy, text) in [
        (
            "policy default allow\ndeny * * * *\n",
            "a.policy:2: the columns of a rule are separated by tabs",
        ),
        (
            "allow\t*\t*\tdc=/(/\t*\n",
            "a.policy:1: \"dc=/(/\" is no pattern: ",
        ),
        (
            "deny\t*\t*\tdc=ams or dc=fra and web\n",
            "a.policy:1: the compound statement cannot be read: and after or needs brackets",
        ),
    ] {
        let inputs = json!({
            "config": config(&plain_settings()),
            "action_policies": {"good.policy": "policy default deny\n", "a.policy": policy},
        });
        refused(
            &node,
            inputs,
            1,
            &format!("Could not save Action Policies: {text}"),
        )
        .await;
    }
}

#[tokio::test]
async fn policies_with_names_or_sizes_that_are_not_plain() {
    let node = waiting_with_key().await;
    let kinds = [
        (
            "action_policies",
            "policy",
            "Could not save Action Policies: ",
        ),
        (
            "opa_policies",
            "rego",
            "Could not save Open Policy Agent Policies: ",
        ),
    ];
    for (input, extension, text) in kinds {
        let send = async |files: Map<String, Value>, text: String| {
            let mut inputs = json!({"config": config(&plain_settings())});
            inputs[input] = json!(files);
            refused(&node, inputs, 1, &text).await;
        };
        let one = |name: &str, body: &str| Map::from_iter([(name.to_owned(), json!(body))]);
        for bad in [
            "../x", "a/b", "/x", "", ".", "..", ".x", "a\nb", "a\0", "ä", "a b",
        ] {
            send(one(&format!("{bad}.{extension}"), "x"), text.to_owned()).await;
        }
        for bad in ["x.txt", "x", "policies/../x", ".."] {
            let text = format!("{text}expected {bad:?} to have .{extension} extension");
            send(one(bad, "x"), text).await;
        }
        let long = format!("{}.{extension}", "x".repeat(200));
        send(one(&long, "x"), format!("{text}a name is longer")).await;
        let large = "x".repeat(256 * 1024 + 1);
        send(
            one(&format!("x.{extension}"), &large),
            format!("{text}\"x.{extension}\" is longer"),
        )
        .await;
        let many = (0..65)
            .map(|n| (format!("{n}.{extension}"), json!("x")))
            .collect();
        send(many, format!("{text}there are more than 64 files")).await;
    }
}

#[tokio::test]
async fn a_configuration_that_enters_provisioning_again() {
    let node = waiting_with_key().await;
    let text = "Could not write config: the configuration would enter provisioning mode again";
    for value in ["true", "1", "yes"] {
        refused(
            &node,
            with("plugin.choria.server.provision", value),
            1,
            text,
        )
        .await;
    }
    let mut settings = plain_settings();
    settings.remove("plugin.choria.server.provision");
    refused(&node, json!({"config": config(&settings)}), 1, text).await;
}

#[tokio::test]
async fn known_keys_with_impossible_values_by_file_and_line() {
    let node = waiting_with_key().await;
    let reply = refused(
        &node,
        with("ttl", "soon"),
        1,
        "Could not write config: generated configuration could not be parsed: ",
    )
    .await;
    let place = format!("{}:6: ttl", node.config_file().display());
    assert!(reply.statusmsg.contains(&place), "{}", reply.statusmsg);
}

#[tokio::test]
async fn keys_that_only_the_administrator_sets() {
    let node = waiting_with_key().await;
    for key in [
        "libdir",
        "plugin.choria.agent_provider.mcorpc.agent_shim",
        "plugin.choria.executor.enabled",
        "plugin.choria.machine.store",
        "plugin.choria.server.provision.allow_update",
        "plugin.muster.state_dir",
        "plugin.security.pkcs11.driver_file",
    ] {
        let text = format!("Could not write config: the key {key:?} can only be set by");
        refused(&node, with(key, "/x"), 1, &text).await;
    }
    for path in ["/etc/cron.d/x", "/var/log/../../etc/x", "x.log"] {
        let text = "Could not write config: the path of \"logfile\" must be";
        refused(&node, with("logfile", path), 1, text).await;
    }
}

#[tokio::test]
async fn a_configuration_that_the_node_could_not_start_with() {
    let (node, _, whole) = ready().await;
    let text = "Could not write config: the node would not start with this configuration: ";
    let mut settings = settings(&node);
    let certificate = "plugin.security.file.certificate";
    let send = async |settings: &Map<String, Value>, rest: &str| {
        let mut inputs = whole.clone();
        inputs["config"] = config(settings);
        refused(&node, inputs, 1, &format!("{text}{rest}")).await;
    };
    let path = settings
        .insert(certificate.into(), json!("/nonexistent/x.pem"))
        .unwrap();
    send(
        &settings,
        &format!("{certificate} names /nonexistent/x.pem, which does not exist"),
    )
    .await;
    settings.remove(certificate);
    send(&settings, &format!("{certificate} is not set")).await;
    // a file that is there and is no certificate
    write(&etc(&node).join("facts.yaml"), "a: b\n");
    settings.insert(certificate.into(), json!(etc(&node).join("facts.yaml")));
    send(&settings, "the TLS files cannot be used: ").await;
    settings.insert(certificate.into(), path);
    settings.insert("plugin.security.provider".into(), json!("choria"));
    send(&settings, "server tokens are not supported by this build").await;
    settings.insert("plugin.security.provider".into(), json!("file"));
    settings.remove("plugin.choria.middleware_hosts");
    settings.insert("plugin.choria.use_srv".into(), json!("false"));
    send(&settings, "no brokers are known").await;
}

#[tokio::test]
async fn server_tokens_for_something_else() {
    let node = waiting_with_key().await;
    let before_any_seed = server_token("choria_server", &json!("ab".repeat(32)));
    let send = async |token: &str, text: &str| {
        let inputs = json!({"config": config(&plain_settings()), "server_jwt": token});
        refused(&node, inputs, 1, &format!("JWT Setup Failed: {text}")).await;
    };
    send(&before_any_seed, "it was not made for the key of this node").await;
    let public = ask(&node, "gen25519", json!({})).await.data["public_key"].clone();
    let good = server_token("choria_server", &public);
    let parts: Vec<&str> = good.split('.').collect();
    for bad in [
        "x".to_owned(),
        "a.b.c".to_owned(),
        format!("{good}.x"),
        format!("{}.{}", parts[0], parts[1]),
        format!("!.{}.{}", parts[1], parts[2]),
        format!("{}.{}.a\nb", parts[0], parts[1]),
    ] {
        send(&bad, "it is not a JSON web token").await;
    }
    send(
        &server_token("choria_client_id", &public),
        "it is not a server token",
    )
    .await;
    send(
        &server_token("choria_server", &json!("cd".repeat(32))),
        "it was not made for",
    )
    .await;
}

#[tokio::test]
async fn a_header_cannot_smuggle_in_a_setting() {
    SenderId::new("a\nplugin.x=y").unwrap_err();
    CallerId::new("choria=a\nplugin.x=y").unwrap_err();
    let node = waiting_with_key().await;
    let before = snapshot(&etc(&node));
    let inputs = json!({"token": TOKEN, "config": config(&plain_settings())});
    let text = v1::encode_request(&request("choria_provision", "configure", inputs));
    let forged = text.replace("\"client.example.net\"", "\"client\\nplugin.x=y\"");
    assert_ne!(forged, text);
    let data = v1::SecureRequest::unsigned(forged).encode();
    let route = Route {
        reply_to: Some("provisioning.reply.tester.1".into()),
        ..Route::default()
    };
    let sent = node
        .receive(NODE, &v1::Transport { data, route }.encode())
        .await;
    sent.unwrap_err();
    assert_eq!(snapshot(&etc(&node)), before);
}
