//! `discover`, and how nodes are chosen.

use serde_json::json;

use super::PING;
use super::muster;
use super::on;
use super::settings;
use crate::cli::client::error::OperatorError;
use crate::cli::client::settings::ClientSettings;

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
async fn nodes_of_the_configuration_count_where_no_argument_chooses() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.txt");
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), b"z\n").unwrap();
    let configured = || ClientSettings {
        nodes_file: Some(path.clone()),
        ..settings()
    };
    for (line, found) in [
        (vec!["discover"], "z\n"),
        (vec!["discover", "--dm", "flatfile"], "z\n"),
        (vec!["discover", "--dm", "mc"], "a\n"),
        (vec!["discover", "-A", "rpcutil"], "a\n"),
    ] {
        let done = on(configured(), [("a", PING)], &line).await;
        assert_eq!(done.ok(), found, "{line:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_by_name_are_refused_where_only_a_filter_can_choose() {
    for line in [
        "ping --nodes n.txt",
        "discover --dm mc --nodes n.txt",
        "req rpcutil ping --reply-to a.b --nodes n.txt",
    ] {
        let done = muster(&[], line).await;
        assert!(
            matches!(done.result, Err(OperatorError::OnlyFilters { .. })),
            "{line}"
        );
        assert!(done.asked.is_empty());
    }
}
