//! `facts`.

use serde_json::json;

use super::FACTS;
use super::SILENT;
use super::muster;
use crate::cli::client::error::OperatorError;

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
