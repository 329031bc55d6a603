//! The policy files of `configure`: their names become names of files, so they are judged before anything else is.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::policy::Limits;
use crate::rpc::authorization::Policy;

/// Takes files with single plain names, at most so many of at most so many bytes; empty ones are skipped as peers do.
///
/// # Errors
///
/// What is wrong with which of them, in words.
pub(super) fn judge(
    given: &BTreeMap<String, String>,
    extension: &str,
    limits: &Limits,
) -> Result<BTreeMap<String, String>, String> {
    let (files, bytes) = (limits.policy_files.get(), limits.policy_file.get());
    if given.len() > files {
        return Err(format!("there are more than {files} files"));
    }
    let mut taken = BTreeMap::new();
    for (name, text) in given
        .iter()
        .filter(|(name, text)| !name.is_empty() && !text.is_empty())
    {
        if name.len() > LONGEST_NAME {
            return Err(format!("a name is longer than {LONGEST_NAME} bytes"));
        }
        let Some(stem) = name.strip_suffix(extension) else {
            return Err(format!("expected {name:?} to have {extension} extension"));
        };
        let plain = !stem.is_empty()
            && !stem.starts_with('.')
            && stem
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
        if !plain {
            return Err(format!("{name:?} is not a single plain file name"));
        }
        if text.len() > bytes {
            return Err(format!("{name:?} is longer than {bytes} bytes"));
        }
        taken.insert(name.clone(), text.clone());
    }
    Ok(taken)
}

/// Takes action policies: as [`judge`], and each must be one that this node can follow. Which groups there will be is not
/// known yet, so a name that may be a group is taken.
///
/// # Errors
///
/// What is wrong with which of them, with its line.
pub(super) fn judge_action_policies(
    given: &BTreeMap<String, String>,
    limits: &Limits,
) -> Result<BTreeMap<String, String>, String> {
    let taken = judge(given, ".policy", limits)?;
    for (name, text) in &taken {
        if let Err(err) = Policy::parse(text.as_bytes()) {
            return Err(err.in_file(Path::new(name)));
        }
    }
    Ok(taken)
}

/// Longest file name of a policy, in bytes.
const LONGEST_NAME: usize = 128;
