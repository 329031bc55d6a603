//! What a program finds in its environment.

use std::ffi::OsString;

/// Variables that a helper gets from the provisioner's own environment, where they are set there.
///
/// They say how programs behave on this machine, and none of them is a credential. A helper that needs another one is
/// started through `env`: `helper: /usr/bin/env NAME=value /path/to/helper`.
pub const INHERITED: [&str; 8] = [
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR",
];

/// Variable with the id of the session: the same id asks the same question again.
pub const SESSION: &str = "MUSTER_SESSION";

/// The variables of [`INHERITED`] that are set; where there is no search path, a plain one.
pub(super) fn inherited() -> Vec<(&'static str, OsString)> {
    INHERITED
        .into_iter()
        .filter_map(|name| match (name, std::env::var_os(name)) {
            (name, Some(value)) => Some((name, value)),
            ("PATH", None) => Some(("PATH", OsString::from(USUAL_PATH))),
            (_, None) => None,
        })
        .collect()
}

const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
