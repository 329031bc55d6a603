//! Registration bodies (spec 03 §4.3): a file of the node, or its inventory, on its way to whoever collects it.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::Value;

/// A file of the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent<'a> {
    /// Modification time of the file, seconds since 1970.
    pub mtime: i64,
    /// Path of the file as configured.
    pub file: &'a str,
    /// Whether the file changed since this process published it last.
    pub updated: bool,
    /// The bytes of the file.
    pub content: &'a [u8],
}

impl FileContent<'_> {
    /// The registration body.
    #[must_use]
    pub fn encode(&self, compressed: bool) -> Vec<u8> {
        let document = FileDocument {
            mtime: self.mtime,
            file: self.file,
            updated: self.updated,
            protocol: "choria:registration:filecontent:1",
            zcontent: compressed.then(|| STANDARD.encode(gzip(self.content))),
            content: (!compressed).then(|| STANDARD.encode(self.content)),
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

/// The inventory of the node as a registration body.
#[must_use]
pub fn encode_inventory(inventory: &Value, compressed: bool) -> Vec<u8> {
    let document = InventoryDocument {
        protocol: "choria:registration:inventorycontent:1",
        zcontent: compressed.then(|| STANDARD.encode(gzip(inventory.to_string().as_bytes()))),
        content: (!compressed).then_some(inventory),
    };
    serde_json::to_vec(&document).unwrap_or_default()
}

#[derive(Serialize)]
struct FileDocument<'a> {
    mtime: i64,
    file: &'a str,
    updated: bool,
    protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    zcontent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

#[derive(Serialize)]
struct InventoryDocument<'a> {
    protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    zcontent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a Value>,
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // writing to a vector cannot fail
    let written = encoder.write_all(bytes);
    debug_assert!(written.is_ok(), "a vector takes every byte");
    encoder.finish().unwrap_or_default()
}
