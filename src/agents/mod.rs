//! The agents that every node has: [`discovery`], [`rpcutil`], [`choria_util`], and [`provision`] where it is active.

pub mod choria_util;
pub mod discovery;
pub mod provision;
pub mod rpcutil;

use crate::rpc::Metadata;
use crate::rpc::ddl;

/// Metadata of one of our agents, from its published description. `discovery` has none: it speaks no RPC.
fn metadata(name: &str, version: &str) -> Metadata {
    let published = ddl::builtin(name).map(|ddl| &ddl.metadata);
    let text = |field: fn(&ddl::Metadata) -> &String, otherwise: &str| {
        published.map_or_else(|| otherwise.to_owned(), |metadata| field(metadata).clone())
    };
    Metadata {
        license: text(|metadata| &metadata.license, "Apache-2.0"),
        author: text(|metadata| &metadata.author, "muster contributors"),
        timeout: published.map_or(DISCOVERY_TIMEOUT, |metadata| metadata.timeout),
        name: name.to_owned(),
        version: version.to_owned(),
        url: text(|metadata| &metadata.url, "https://example.net/muster"),
        description: text(
            |metadata| &metadata.description,
            "Answers whoever asks which nodes are there",
        ),
    }
}

/// Seconds that `discovery` may take.
const DISCOVERY_TIMEOUT: u64 = 2;
