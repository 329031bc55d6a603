//! The texts of `packaging/` and what stands for the names in them.

use super::names::Names;
use super::names::ROOT;
use super::template::Template;
use super::template::Values;

/// Names every file of `packaging/` once.
macro_rules! templates {
    ($($constant:ident = $file:literal;)*) => {
        $(pub(super) const $constant: Template = Template {
            name: concat!("packaging/", $file),
            text: include_str!(concat!("../../../../packaging/", $file)),
        };)*

        /// All of them.
        #[cfg(test)]
        pub(super) const ALL: &[Template] = &[$($constant),*];
    };
}

templates! {
    AGENT_UNIT = "agent/unit.service";
    AGENT_SERVER_CONF = "agent/server.conf";
    AGENT_POLICY = "agent/policy.toml";
    AGENT_MUSTER_CFG = "agent/muster.cfg";
    AGENT_CHORIA_CFG = "agent/choria.cfg";
    AGENT_SYSUSERS = "agent/sysusers.conf";
    AGENT_TMPFILES = "agent/tmpfiles.conf";
    AGENT_LOGROTATE = "agent/logrotate";
    AGENT_README = "agent/README";
    PROVISIONER_UNIT = "provisioner/unit.service";
    PROVISIONER_YAML = "provisioner/provisioner.yaml";
    PROVISIONER_CLIENT_CONF = "provisioner/client.conf";
    PROVISIONER_SYSUSERS = "provisioner/sysusers.conf";
    PROVISIONER_TMPFILES = "provisioner/tmpfiles.conf";
    PROVISIONER_README = "provisioner/README";
    ENVIRONMENT = "shared/environment";
    PRESET = "shared/preset";
    INSTALL = "shared/INSTALL";
    SAY = "snippets/say.sh";
    ACCOUNTS_AGENT = "snippets/accounts-agent.sh";
    ACCOUNTS_PROVISIONER = "snippets/accounts-provisioner.sh";
    MAKE = "snippets/make.sh";
    OWN = "snippets/own.sh";
    TMPFILES = "snippets/tmpfiles.sh";
    ENABLE_RPM = "snippets/enable-rpm.sh";
    ENABLE_DEB = "snippets/enable-deb.sh";
    LEAVE_DEB = "snippets/leave-deb.sh";
    RESTART_RPM = "snippets/restart-rpm.sh";
    RESTART_DEB = "snippets/restart-deb.sh";
    STAYS_AGENT = "snippets/stays-agent.sh";
    STAYS_PROVISIONER = "snippets/stays-provisioner.sh";
    PURGE_AGENT = "snippets/purge-agent.sh";
    PURGE_PROVISIONER = "snippets/purge-provisioner.sh";
    RPM_PRE = "rpm/pre.sh";
    RPM_POST = "rpm/post.sh";
    RPM_PREUN = "rpm/preun.sh";
    RPM_POSTUN = "rpm/postun.sh";
    DEB_PREINST = "deb/preinst.sh";
    DEB_POSTINST = "deb/postinst.sh";
    DEB_PRERM = "deb/prerm.sh";
    DEB_POSTRM = "deb/postrm.sh";
    DEB_COPYRIGHT = "deb/copyright";
    DEB_CHANGELOG = "deb/changelog";
}

/// What every template may name.
pub(super) fn values(names: &Names, version: &str) -> Values {
    Values::default()
        .with("name", &names.name)
        .with("version", version)
        .with("service", &names.service)
        .with("unit", &names.unit)
        .with("account", &names.account)
        .with("group", &names.group)
        .with("binary", &names.binary)
        .with("etcdir", &names.etcdir)
        .with("statedir", &names.statedir)
        .with("logdir", &names.logdir)
        .with("rundir", &names.rundir)
        .with("doc", &names.doc)
        .with("environment", &names.environment)
        .with("state", state(&names.statedir))
        .with("member", member(names))
}

/// How a unit may write its state: systemd makes what is below `/var/lib`, the package what is elsewhere.
fn state(statedir: &str) -> String {
    match statedir.strip_prefix("/var/lib/") {
        Some(below) => format!("StateDirectory={below}\nStateDirectoryMode=0700"),
        None => format!("ReadWritePaths=-{statedir}"),
    }
}

/// A line for systemd-sysusers where the group is not the one that a user has by itself.
fn member(names: &Names) -> String {
    if names.group == names.account || names.account == ROOT {
        String::new()
    } else {
        format!("m {} {}", names.account, names.group)
    }
}
