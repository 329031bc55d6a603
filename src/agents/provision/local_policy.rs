//! `policy.toml` beside the configuration: what the administrator of this machine lets a provisioner do (design D2).

use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::config::policy::Policy;
use crate::config::policy::PolicyError;
use crate::os::source_file;

/// Why the policy cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalPolicyError {
    /// It is there and cannot be read.
    #[error("the policy of this node, {}, cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// It is wrong.
    #[error("the policy of this node is invalid")]
    Invalid(#[from] PolicyError),
}

/// Reads the policy in a directory; without one the documented defaults hold.
///
/// # Errors
///
/// [`LocalPolicyError`] for a policy that is there, or meant to be there, and cannot be followed.
pub(super) fn read(directory: &Path) -> Result<Policy, LocalPolicyError> {
    let path = directory.join("policy.toml");
    let text = match source_file::read(&path, LARGEST).and_then(text) {
        Ok(text) => text,
        // a link to nowhere is a policy that got lost, not one that nobody wrote
        Err(err) if err.kind() == io::ErrorKind::NotFound && !source_file::is_link(&path) => {
            return Ok(Policy::default());
        }
        Err(err) => return Err(LocalPolicyError::Unreadable { path, err }),
    };
    Ok(Policy::parse(&path.display().to_string(), &text)?)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Larger than any policy a person writes, in bytes.
const LARGEST: u64 = 256 * 1024;
