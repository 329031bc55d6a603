//! What is published: the bytes of a file, or the node as it sees itself (spec 03 §4.3).

use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::publisher::RegistrationError;
use crate::os::source_file;
use crate::protocol::registration::FileContent;
use crate::protocol::registration::encode_inventory;
use crate::rpc::Node;
use crate::rpc::Snapshot;
use crate::server::status::ZERO_TIME;
use crate::server::status::rfc3339;

/// A body, and of what file it is.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) body: Vec<u8>,
    /// Modification time of the file, seconds since 1970.
    pub(super) mtime: Option<i64>,
}

/// What a process says of itself; the members that the reference's status file has (spec 03 §9.1).
#[derive(Serialize)]
struct Status<'a> {
    identity: &'a str,
    uptime: u64,
    connected_server: String,
    last_message: i64,
    provisioning_mode: bool,
    stats: Snapshot,
    certificate_expires: String,
    token_expires: &'static str,
}

/// A file whose last publication had been modified at `before`. The time is asked for first: a file that is replaced in
/// between is published as what it was, and again as updated.
pub(super) fn file(
    path: &Path,
    before: Option<i64>,
    compressed: bool,
) -> Result<Content, RegistrationError> {
    let unreadable = |err| RegistrationError::Unreadable {
        path: path.to_owned(),
        err,
    };
    let stamp = source_file::stamp(path).map_err(unreadable)?;
    let content = source_file::read(path, LARGEST_FILE).map_err(unreadable)?;
    if content.is_empty() {
        return Err(RegistrationError::Empty {
            path: path.to_owned(),
        });
    }
    let mtime = stamp.map_or(0, |stamp| stamp.mtime);
    let document = FileContent {
        mtime,
        file: &path.display().to_string(),
        updated: before.is_some_and(|before| mtime > before),
        content: &content,
    };
    Ok(Content {
        body: document.encode(compressed),
        mtime: Some(mtime),
    })
}

/// The inventory at `now`, seconds since 1970. Facts are public: whoever may ask this node may ask for them.
pub(super) fn inventory(
    node: &Node,
    now: i64,
    expires: Option<i64>,
    compressed: bool,
) -> Result<Content, RegistrationError> {
    let document = document(node, now, expires);
    let size = document.to_string().len();
    if size > LARGEST_INVENTORY {
        return Err(RegistrationError::TooLarge {
            size,
            limit: LARGEST_INVENTORY,
        });
    }
    Ok(Content {
        body: encode_inventory(&document, compressed),
        mtime: None,
    })
}

fn document(node: &Node, now: i64, expires: Option<i64>) -> Value {
    let agents = Some(node.agents()).filter(|agents| !agents.is_empty());
    let collectives = node.collectives.iter().map(|it| it.as_str());
    let status = Status {
        identity: node.identity.as_str(),
        uptime: u64::try_from(now.saturating_sub(node.started)).unwrap_or(0),
        connected_server: node.link().server,
        last_message: node.stats.last_message(),
        provisioning_mode: node.provisioning,
        stats: node.stats.snapshot(),
        certificate_expires: expires.map_or_else(|| ZERO_TIME.to_owned(), rfc3339),
        token_expires: ZERO_TIME,
    };
    json!({
        "agents": agents,
        "classes": node.classes(),
        "facts": node.facts(),
        "status": status,
        "collectives": collectives.collect::<Vec<_>>(),
        "build_info": {"version": node.version, "sha": node.sha},
        "machines": [],
    })
}

/// Largest file that is published, in bytes: with every layer around it, it still fits a message.
const LARGEST_FILE: u64 = 512 * 1024;
/// Largest inventory that is looked at, in bytes before compression: what is left of it still fits a message, and packing it
/// does not hold up the node.
const LARGEST_INVENTORY: usize = 4 * 1024 * 1024;
