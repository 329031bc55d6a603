//! `inventory`.

use serde_json::json;

use super::NODE;
use super::muster;
use crate::cli::client::error::OperatorError;

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
