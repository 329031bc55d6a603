//! The variables that cargo and everything below it see. Pure.
//!
//! Three sources, the later wins: what is inherited and harmless (where tools and caches are, how to reach the network, how
//! to talk to the person), the `environment` of the buildspec, and what this module's caller sets. What would have
//! changed the bytes of a binary is left out and named, so that nobody wonders.
//!
//! A buildspec alone must not run code: its `environment` cannot name compilers, wrappers, search paths and their like.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ffi::OsString;

/// Variables by their names.
pub(super) type Variables = BTreeMap<OsString, OsString>;

/// What a child sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Environment {
    /// All of it.
    pub(super) variables: Variables,
    /// One sentence about each variable that somebody set in vain.
    pub(super) warnings: Vec<String>,
}

/// Puts the three together.
pub(super) fn environment(
    inherited: &Variables,
    buildspec: &BTreeMap<String, String>,
    ours: &Variables,
) -> Environment {
    let mut found = Environment::default();
    for (name, value) in inherited {
        let Some(text) = name.to_str() else { continue };
        if is_kept(text) {
            found.variables.insert(name.clone(), value.clone());
        } else if changes_bytes(text)
            && !is_of_rustup(text, inherited)
            && ours.get(name) != Some(value)
        {
            let warning =
                format!("the environment variable {text} is ignored: it would change the binary");
            found.warnings.push(warning);
        }
    }
    for (name, value) in buildspec {
        if is_reserved(name) || ours.contains_key(OsStr::new(name)) {
            let warning = format!(
                "{name} in the buildspec's environment is ignored: it is for the packager to say how programs are compiled"
            );
            found.warnings.push(warning);
        } else {
            found.variables.insert(name.into(), value.into());
        }
    }
    found.variables.extend(ours.clone());
    found
}

fn is_kept(name: &str) -> bool {
    KEPT.contains(&name) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn changes_bytes(name: &str) -> bool {
    STEERING.contains(&name)
        || STEERING_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

fn is_reserved(name: &str) -> bool {
    is_kept(name)
        || changes_bytes(name)
        || RESERVED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// `cargo run` sets it for what it runs; nobody chose it.
fn is_of_rustup(name: &str, inherited: &Variables) -> bool {
    name == "RUSTUP_TOOLCHAIN" && inherited.contains_key(OsStr::new("RUST_RECURSION_COUNT"))
}

const KEPT: [&str; 33] = [
    "ALL_PROXY",
    "CARGO_BUILD_JOBS",
    "CARGO_HOME",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LOGNAME",
    "NO_COLOR",
    "NO_PROXY",
    "PATH",
    "RUSTUP_AUTO_INSTALL",
    "RUSTUP_DIST_SERVER",
    "RUSTUP_HOME",
    "RUSTUP_UPDATE_ROOT",
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    "USER",
    "XDG_RUNTIME_DIR",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

const KEPT_PREFIXES: [&str; 5] = [
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_TERM_",
];

const STEERING: [&str; 29] = [
    "AR",
    "ARFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CC",
    "CFLAGS",
    "COMPILER_PATH",
    "CPATH",
    "CPPFLAGS",
    "CRATE_CC_NO_DEFAULTS",
    "CXX",
    "CXXFLAGS",
    "C_INCLUDE_PATH",
    "GCC_EXEC_PREFIX",
    "LD",
    "LDFLAGS",
    "LIBRARY_PATH",
    "MUSTER_BUILD",
    "MUSTER_BUILDSPEC",
    "MUSTER_COMPILE_TARGET",
    "RUSTC",
    "RUSTC_BOOTSTRAP",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    "SHA1",
    "SOURCE_DATE_EPOCH",
    "VERSION",
];

const STEERING_PREFIXES: [&str; 13] = [
    "ARFLAGS_",
    "AR_",
    "AWS_LC_",
    "CARGO_BUILD_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_UNSTABLE_",
    "CC_",
    "CFLAGS_",
    "CXXFLAGS_",
    "CXX_",
    "HOST_",
    "TARGET_",
];

/// What a buildspec may not say besides: these choose what is run, or from where.
const RESERVED_PREFIXES: [&str; 9] = [
    "BASH_",
    "CARGO",
    "GCC_",
    "GIT_",
    "LD_",
    "MUSTER_",
    "PKG_CONFIG",
    "RUST",
    "SSH_",
];

#[cfg(test)]
mod tests;
