//! `ping`.

use serde_json::json;

use super::PING;
use super::SILENT;
use super::muster;
use crate::cli::client::error::OperatorError;

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
