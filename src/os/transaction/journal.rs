//! The journal: everything a transaction touches, as versioned JSON with a checksum.

use std::path::Path;
use std::path::PathBuf;

use aws_lc_rs::digest;
use serde::Deserialize;
use serde::Serialize;

use super::TransactionError;

/// What a transaction will do. Written before it does anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// Part of every staged name; no two transactions share one.
    pub(super) id: String,
    /// The number of the generation that it puts in place.
    pub(super) generation: u64,
    /// Directories that it creates, outer ones first.
    pub(super) directories: Vec<Directory>,
    /// Files that it replaces, creates or removes.
    pub(super) items: Vec<Item>,
    /// Directories that it empties and then removes, inner ones first.
    pub(super) emptied: Vec<Directory>,
}

/// A directory and its mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Directory {
    pub(super) path: PathBuf,
    pub(super) mode: u32,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    pub(super) target: PathBuf,
    /// The new file; none if the target is to be removed.
    pub(super) staged: Option<Staged>,
    /// The old file; none if there was none.
    pub(super) saved: Option<Saved>,
}

/// A new file, waiting beside its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Staged {
    pub(super) path: PathBuf,
    pub(super) sha256: String,
}

/// An old file, kept in the directory of its generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    pub(super) name: String,
    pub(super) sha256: String,
}

/// The bytes of a journal.
pub(super) fn encode(plan: &Plan) -> Result<Vec<u8>, TransactionError> {
    let envelope = Envelope {
        version: VERSION,
        sha256: checksum(plan)?,
        plan: plan.clone(),
    };
    serde_json::to_vec_pretty(&envelope).map_err(TransactionError::Encode)
}

/// Reads what [`encode`] wrote; `path` is for the error.
pub(super) fn decode(bytes: &[u8], path: &Path) -> Result<Plan, TransactionError> {
    let damaged = || TransactionError::Damaged {
        path: path.to_path_buf(),
    };
    let Versioned { version } = serde_json::from_slice(bytes).map_err(|_| damaged())?;
    if version != VERSION {
        return Err(TransactionError::UnknownVersion {
            path: path.to_path_buf(),
            version,
        });
    }
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|_| damaged())?;
    if checksum(&envelope.plan)? != envelope.sha256 {
        return Err(damaged());
    }
    Ok(envelope.plan)
}

/// The SHA-256 of a file's content, in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// Over the compact form, which is the same for equal plans: fields have a fixed order.
fn checksum(plan: &Plan) -> Result<String, TransactionError> {
    serde_json::to_vec(plan)
        .map(|bytes| sha256(&bytes))
        .map_err(TransactionError::Encode)
}

/// The part that every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    version: u32,
    sha256: String,
    plan: Plan,
}

const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    prop_compose! {
        fn item()(target in "/[a-z/. \"\\\\é]{1,20}", staged in option::of("[a-z/]{1,9}"), saved in option::of("[0-9]{4}"))
            -> Item {
            Item {
                target: target.into(),
                staged: staged.map(|path| Staged { path: path.into(), sha256: sha256(b"new") }),
                saved: saved.map(|name| Saved { name, sha256: sha256(b"old") }),
            }
        }
    }

    prop_compose! {
        fn plan()(
            generation: u64,
            items in vec(item(), 0..4),
            directories in vec(("/[a-z]{1,9}", 0..0o7777_u32), 0..3),
        ) -> Plan {
            Plan {
                id: sha256(b"id"),
                generation,
                items,
                directories: directories
                    .iter()
                    .map(|(path, mode)| Directory { path: path.into(), mode: *mode })
                    .collect(),
                emptied: Vec::new(),
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(plan in plan()) {
            prop_assert_eq!(decode(&encode(&plan).unwrap(), Path::new("j")).unwrap(), plan);
        }

        #[test]
        fn a_torn_journal_is_damaged(plan in plan(), keep: Index) {
            let bytes = encode(&plan).unwrap();
            let result = decode(&bytes[..keep.index(bytes.len())], Path::new("j"));
            let damaged = matches!(result, Err(TransactionError::Damaged { .. }));
            prop_assert!(damaged);
        }

        #[test]
        fn arbitrary_bytes_are_refused(bytes in vec(any::<u8>(), 0..200)) {
            prop_assert!(decode(&bytes, Path::new("j")).is_err());
        }
    }

    #[test]
    fn a_changed_path_is_noticed() {
        let plan = Plan {
            id: String::from("1"),
            generation: 1,
            directories: Vec::new(),
            items: vec![Item {
                target: "/etc/good".into(),
                staged: None,
                saved: None,
            }],
            emptied: Vec::new(),
        };
        let text = String::from_utf8(encode(&plan).unwrap()).unwrap();
        let forged = text.replace("/etc/good", "/etc/evil");
        let result = decode(forged.as_bytes(), Path::new("j"));
        assert!(matches!(result, Err(TransactionError::Damaged { .. })));
    }

    #[test]
    fn a_later_format_is_named_and_not_taken_for_damage() {
        let result = decode(br#"{"version":2,"anything":[]}"#, Path::new("j"));
        assert!(matches!(
            result,
            Err(TransactionError::UnknownVersion { version: 2, .. })
        ));
    }
}
