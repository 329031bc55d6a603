//! What `server.conf` says of a provisioned node that shall wait for a provisioner again (spec 04 §6.5).

use std::collections::BTreeMap;

use crate::config::glob;
use crate::config::provisioning;
use crate::config::raw::Raw;
use crate::config::source::Source;
use crate::protocol::names::Identity;

/// The settings of the file that replaces this one.
///
/// The reference keeps the log file and the registration data, forces the log level `debug` and forgets the rest, the
/// identity too. Here a node keeps its name (design D12), its log as it was, its registration, its status file, its
/// metrics and its audit log, and the keys of this program. Everything else comes with the next configuration; what `plugin.d` says stays anyway.
#[must_use]
pub fn waiting(file: Option<&Source>, identity: &Identity) -> BTreeMap<String, String> {
    let raw = Raw::read(file, &[]);
    let registers = |key: &str| REGISTRATION.iter().any(|it| glob::matches(it, key));
    let mut settings: BTreeMap<String, String> = raw
        .entries()
        .filter(|(key, _)| provisioning::stays(key) || registers(key))
        .map(|(key, entry)| (key.to_owned(), entry.text.expose().clone()))
        .collect();
    for (key, default) in [("logfile", "stdout"), ("loglevel", "info")] {
        settings
            .entry(key.to_owned())
            .or_insert_with(|| default.to_owned());
    }
    settings.insert("identity".to_owned(), identity.to_string());
    settings.insert(PROVISION.to_owned(), "1".to_owned());
    settings
}

const PROVISION: &str = "plugin.choria.server.provision";

/// Kept beside what counts while the node waits; these do not count meanwhile.
const REGISTRATION: &[&str] = &[
    "plugin.choria.registration.*",
    "registerinterval",
    "registration",
    "registration_collective",
    "registration_splay",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Vec<String> {
        let identity = "n1.example.net".parse().unwrap();
        let file = Source::new("server.conf", text);
        let settings = waiting(Some(&file), &identity);
        settings
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    }

    #[test]
    fn name_log_registration_status_and_own_keys_stay_and_nothing_else() {
        let text = "\
# a comment
identity = old.example.net
logfile = /var/log/muster.log
loglevel = warn
collectives = one,two
plugin.choria.middleware_hosts = broker.example.net:4222
plugin.choria.registration.file_content.data = /etc/muster/metadata.json
plugin.choria.registration.file_content.target = one.registration
plugin.choria.server.provision = false
plugin.choria.status_file_path = /run/muster/status.json
plugin.choria.status_update_interval = 10
plugin.muster.resolver = 127.0.0.1:53
plugin.nats.pass = secret
plugin.security.file.key = /etc/muster/ssl/private.pem
plugin.yaml = /etc/muster/facts.yaml
registerinterval = 60
registration = file_content
registration_collective = one
registration_splay = false
";
        assert_eq!(
            after(text),
            [
                "identity=n1.example.net",
                "logfile=/var/log/muster.log",
                "loglevel=warn",
                "plugin.choria.registration.file_content.data=/etc/muster/metadata.json",
                "plugin.choria.registration.file_content.target=one.registration",
                "plugin.choria.server.provision=1",
                "plugin.choria.status_file_path=/run/muster/status.json",
                "plugin.choria.status_update_interval=10",
                "plugin.muster.resolver=127.0.0.1:53",
                "registerinterval=60",
                "registration=file_content",
                "registration_collective=one",
                "registration_splay=false",
            ]
        );
    }

    #[test]
    fn a_file_without_any_of_them_gets_name_and_log() {
        let expected = [
            "identity=n1.example.net",
            "logfile=stdout",
            "loglevel=info",
            "plugin.choria.server.provision=1",
        ];
        assert_eq!(after(""), expected);
        assert_eq!(after("plugin.choria.use_srv = 0\nidentity = x\n"), expected);
    }
}
