//! The configuration of provisioning mode (spec 03 §3.5), as overlays like any other, so that `config show` and
//! `get_config_item` tell the truth about it.

use std::path::Path;

use crate::build_info::Provisioning;
use crate::config::glob;
use crate::config::raw::Raw;
use crate::config::source::Origin;

/// What of a node's file still counts while it is being provisioned, and what the build sets instead of the rest.
///
/// The reference drops the whole file. Here a node keeps its name (design D12), its log, its status file, its metrics, its
/// audit log and the keys of this program, because whoever looks for a node that waits looks there.
#[must_use]
pub fn provisioning(file: &Raw, build: &Provisioning, directory: &Path) -> Raw {
    let mut raw = Raw::default();
    // a mistyped key deserves its warning also where the right one would not count
    raw.copy_warnings(file);
    for (key, entry) in file.entries() {
        if stays(key) {
            raw.copy(key, entry);
        }
    }
    let ssldir = directory.join("ssl").display().to_string();
    let mut set = |key: &str, value: &str| raw.set(key, value, Origin::Provisioning);
    set("rpcauthorization", "false");
    set("collectives", COLLECTIVE);
    set("main_collective", COLLECTIVE);
    set("plugin.security.provider", "file");
    set("plugin.choria.ssldir", &ssldir);
    set(
        "plugin.choria.server.provision.allow_update",
        if build.allow_update { "true" } else { "false" },
    );
    let pairs = [
        ("plugin.yaml", build.facts),
        ("plugin.nats.user", build.user),
        (
            "plugin.nats.pass",
            build.password.map(|password| password.0),
        ),
        ("plugin.choria.srv_domain", build.srv_domain),
        ("plugin.choria.status_file_path", build.status_file),
        (
            "plugin.choria.status_update_interval",
            build.status_file.map(|_| "10"),
        ),
    ];
    for (key, value) in pairs {
        if let Some(value) = value {
            set(key, value);
        }
    }
    if let Some(data) = build.registration_data {
        set("registration", "file_content");
        set("registration_collective", COLLECTIVE);
        set("registerinterval", "120");
        set("registration_splay", "false");
        set(
            "plugin.choria.registration.file_content.target",
            "provisioning.registration.data",
        );
        set("plugin.choria.registration.file_content.data", data);
    }
    raw
}

/// Whether a setting of the node's file counts while it is being provisioned. Such a one is also kept in the file when a
/// node goes back to a provisioner.
pub(super) fn stays(key: &str) -> bool {
    KEPT.iter().any(|pattern| glob::matches(pattern, key))
}

const COLLECTIVE: &str = "provisioning";

const KEPT: &[&str] = &[
    "identity",
    "logfile",
    "loglevel",
    "plugin.choria.stats_address",
    "plugin.choria.stats_port",
    "plugin.choria.status_file_path",
    "plugin.choria.status_update_interval",
    "plugin.muster.*",
    "plugin.rpcaudit.*",
    "rpcaudit",
];
