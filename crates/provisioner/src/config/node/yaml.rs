//! YAML as a tree; JSON is YAML. The reader is that of the buildspec, with limits for a file that others may write.

use buildspec::yaml;
use buildspec::yaml::AliasLimits;

use crate::config::fault::Fault;
use crate::config::node::Node;

/// Reads one document; an empty one is null.
///
/// Neither the error nor its text quotes the document, which may hold secrets.
pub(super) fn parse(text: &str) -> Result<Node, (Option<u64>, Fault)> {
    yaml::parse(text, ALIASES).map_err(|err| {
        let fault = Fault::Syntax {
            format: "YAML",
            text: err.text,
        };
        (err.line, fault)
    })
}

const ALIASES: AliasLimits = AliasLimits {
    values: 1000,
    references: 20,
};
