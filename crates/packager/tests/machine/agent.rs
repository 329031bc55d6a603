//! The agent's DEB on a machine: what installation, starts, ends, upgrades and removal do to the node.

use crate::broker::Broker;
use crate::long;
use crate::machine::Machine;
use crate::operator::Operator;
use crate::site::NEW;
use crate::site::OLD;
use crate::site::TOKEN;
use crate::site::site;

pub(crate) const UNIT: &str = "acme-muster-server.service";
pub(crate) const ETC: &str = "/opt/acme-muster/etc";
/// What the image knows about itself, as the build has it.
pub(crate) const FACTS: &str = "/opt/acme/etc/node-metadata.json";

/// Installs a version of the package.
pub(crate) fn install(machine: &Machine, version: &str) {
    let file = machine.bring(&site().deb("acme-muster", version));
    machine.does(&format!("apt-get install --yes --quiet {file}"));
}

/// A machine as a company's image has it, which is not started yet.
pub(crate) fn installed() -> Machine {
    let machine = Machine::boot();
    install(&machine, OLD);
    machine.put(FACTS, "{\"role\": \"web\", \"site\": \"ams\"}\n");
    machine
}

#[test]
fn a_first_installation_enables_the_service_and_does_not_start_it() {
    if !long() {
        return;
    }
    let machine = installed();
    assert_eq!(machine.unit("UnitFileState", UNIT), "enabled");
    assert_eq!(machine.unit("ActiveState", UNIT), "inactive");
    assert_eq!(machine.unit("NRestarts", UNIT), "0");
}

#[test]
fn a_started_node_waits_on_the_provisioning_network() {
    if !long() {
        return;
    }
    let machine = installed();
    let _broker = Broker::provisioning(&machine);
    let operator = Operator::of_waiting(&machine);
    machine.does(&format!("systemctl start {UNIT}"));
    operator.hears_the_node();
    assert_eq!(
        operator.does(&["discover", "-F", "role=web"]).trim(),
        "n1.example.net"
    );
    assert_eq!(operator.does(&["discover", "-F", "role=db"]).trim(), "");
    operator.does(&["req", "rpcutil", "ping", "--expect", "1"]);
    let token = format!("token={TOKEN}");
    let said = operator.does(&["req", "choria_provision", "gencsr", &token, "--jsonl"]);
    assert!(said.contains("BEGIN CERTIFICATE REQUEST"), "{said}");
    let said = operator.tries(&[
        "req",
        "choria_provision",
        "gencsr",
        "token=guess",
        "--jsonl",
    ]);
    assert!(!said.out.contains("BEGIN"), "{said:?}");
    assert!(said.out.contains("Incorrect provision token"), "{said:?}");
    machine.does(&format!(
        "/opt/acme-muster/sbin/acme-muster tool status --unprovisioned --config {ETC}/server.conf"
    ));
    assert!(
        machine
            .does("cat /run/acme-muster/status.json")
            .contains("provisioning")
    );
}

#[test]
fn a_node_that_is_killed_comes_back() {
    if !long() {
        return;
    }
    let machine = installed();
    machine.does(&format!("systemctl start {UNIT}"));
    let before = machine.unit("MainPID", UNIT);
    machine.does(&format!("kill -9 {before}"));
    machine.until(&format!(
        "systemctl is-active --quiet {UNIT} && \
         [ $(systemctl show --property NRestarts --value {UNIT}) = 1 ]"
    ));
    assert_ne!(machine.unit("MainPID", UNIT), before);
}

#[test]
fn a_node_is_stopped_restarted_and_reloaded_in_order() {
    if !long() {
        return;
    }
    let machine = installed();
    machine.does(&format!("systemctl start {UNIT}"));
    let first = machine.unit("MainPID", UNIT);
    machine.does(&format!("systemctl reload {UNIT}"));
    assert_eq!(machine.unit("MainPID", UNIT), first);
    machine.does(&format!("systemctl restart {UNIT}"));
    assert_ne!(machine.unit("MainPID", UNIT), first);
    machine.does(&format!("systemctl stop {UNIT}"));
    assert_eq!(machine.unit("Result", UNIT), "success");
    assert_eq!(machine.unit("NRestarts", UNIT), "0");
    let last = machine.does("cat /run/acme-muster/status.json");
    assert!(last.contains("closed"), "{last}");
}

#[test]
fn an_upgrade_restarts_a_node_that_runs() {
    if !long() {
        return;
    }
    let machine = installed();
    machine.does(&format!("systemctl start {UNIT}"));
    let before = machine.unit("MainPID", UNIT);
    install(&machine, NEW);
    assert_eq!(machine.unit("ActiveState", UNIT), "active");
    assert_ne!(machine.unit("MainPID", UNIT), before);
}

#[test]
fn an_upgrade_leaves_a_node_alone_that_is_stopped_or_disabled() {
    if !long() {
        return;
    }
    let machine = installed();
    machine.does(&format!("systemctl disable {UNIT}"));
    install(&machine, NEW);
    assert_eq!(machine.unit("ActiveState", UNIT), "inactive");
    assert_eq!(machine.unit("UnitFileState", UNIT), "disabled");
}

#[test]
fn a_removed_package_leaves_no_service_and_every_file_of_the_node() {
    if !long() {
        return;
    }
    let machine = installed();
    machine.does(&format!("systemctl start {UNIT}"));
    // the key that it will ask a certificate for is made while it waits
    machine.until("test -s /var/lib/acme-muster/staged-private.pem");
    let own = format!("{ETC}/server.conf");
    machine.does(&format!("echo identity = n7.example.net >>{own}"));
    let all = format!("sha256sum {own} /var/lib/acme-muster/staged-private.pem");
    let before = machine.does(&all);
    machine.does("apt-get remove --yes --quiet acme-muster");
    assert_eq!(machine.unit("LoadState", UNIT), "not-found");
    assert_eq!(machine.unit("ActiveState", UNIT), "inactive");
    machine.tries("pgrep acme-muster").refused();
    machine.does("test ! -e /run/acme-muster && test ! -e /opt/acme-muster/sbin");
    install(&machine, OLD);
    assert_eq!(machine.does(&all), before);
    assert_eq!(machine.unit("UnitFileState", UNIT), "enabled");
}

#[test]
fn a_purge_leaves_nothing_but_what_others_put_there() {
    if !long() {
        return;
    }
    let machine = installed();
    machine.does(&format!("systemctl start {UNIT}"));
    let said = machine.tries("apt-get purge --yes --quiet acme-muster");
    assert!(said.good, "{said:?}");
    let left = machine.does(
        "find / -xdev -name \"*acme*\" -not -path \"/proc/*\" -not -path \"/root/*\" \
         -not -path \"/var/log/journal/*\" -not -path \"/var/log/apt/*\"",
    );
    // what the image itself put there
    assert_eq!(left, "/opt/acme");
}
