//! `info`: how the node is connected.

use serde_json::json;

use crate::os::usage;
use crate::rpc::Done;
use crate::rpc::Node;

pub(super) fn info(node: &Node) -> Done {
    let link = node.link();
    let servers = &node.brokers.servers;
    let options = json!({
        "servers": servers,
        "dont_randomize_servers": false,
        "name": node.identity.as_str(),
        "pedantic": false,
        "secure": link.tls,
        "allow_reconnect": true,
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": 2,
        "connect_timeout": node.brokers.connect_timeout.as_secs(),
        "ping_interval": node.brokers.ping_interval.as_secs(),
        "max_outstanding_pings": 2,
    });
    let counts = json!({
        "in_msgs": link.stats.in_messages,
        "out_msgs": link.stats.out_messages,
        "in_bytes": link.stats.in_bytes,
        "out_bytes": link.stats.out_bytes,
        "reconnects": link.stats.reconnects,
    });
    let bare: Vec<&str> = servers
        .iter()
        .map(|server| server.rsplit('/').next().unwrap_or(server))
        .collect();
    Done::with([
        // constants that peers expect
        ("security", "choria".into()),
        ("connector", "choria".into()),
        ("client_version", env!("CARGO_PKG_VERSION").into()),
        ("client_flavour", "muster".into()),
        ("client_options", options),
        ("client_stats", counts),
        ("connected_server", link.server.into()),
        ("facter_domain", "".into()),
        ("facter_command", "".into()),
        ("srv_domain", node.brokers.srv_domain.as_str().into()),
        ("using_srv", (!node.brokers.srv_domain.is_empty()).into()),
        ("middleware_servers", bare.into()),
        ("path", usage::search_path().into()),
        ("choria_version", format!("choria {}", node.version).into()),
        ("secure_protocol", node.secure.into()),
        ("connector_tls", link.tls.into()),
    ])
}
