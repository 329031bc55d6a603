//! Any bytes as the reply of a node to `rpcutil#inventory`: an inventory or a complaint; what is handed to the helper is
//! the same inventory, and conditions on its facts are judged within the effort.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use muster::facts::parse_fact_filter;
use muster::protocol::body::RpcReply;
use muster_provisioner::admission;
use muster_provisioner::config::Admission;
use muster_provisioner::config::Reissue;
use muster_provisioner::inventory::Inventory;
use muster_provisioner::session::Reply;

static ADMISSION: LazyLock<Admission> = LazyLock::new(|| Admission {
    identities: Vec::new(),
    facts: ["role=~/^(a+)+$/", "n.a.1>=2", "dc=dc1"]
        .map(|text| parse_fact_filter(text).unwrap())
        .to_vec(),
    reissue: Reissue::Ask,
});

fuzz_target!(|body: &[u8]| {
    let Ok(reply) = RpcReply::decode(body) else {
        return;
    };
    let Ok(inventory) = Inventory::read(&Reply::from(reply).data) else {
        return;
    };
    let written = serde_json::from_str(&inventory.to_json()).unwrap();
    assert_eq!(Inventory::read(&written).unwrap(), inventory);
    let _unmet = admission::unmet(&ADMISSION, &inventory);
});
