//! The provisioner's DEB on a machine: nothing starts without the site's token.

use crate::long;
use crate::machine::Machine;
use crate::site::NEW;
use crate::site::OLD;
use crate::site::site;

pub(crate) const UNIT: &str = "muster-provisioner.service";
pub(crate) const ETC: &str = "/etc/muster-provisioner";
pub(crate) const STATE: &str = "/var/lib/muster-provisioner";

/// Installs a version of the package.
pub(crate) fn install(machine: &Machine, version: &str) {
    let file = machine.bring(&site().deb("muster-provisioner", version));
    machine.does(&format!("apt-get install --yes --quiet {file}"));
}

#[test]
fn a_provisioner_without_token_does_not_start_and_says_why() {
    if !long() {
        return;
    }
    let machine = Machine::boot();
    install(&machine, OLD);
    assert_eq!(machine.unit("UnitFileState", UNIT), "enabled");
    assert_eq!(machine.unit("ActiveState", UNIT), "inactive");
    machine.tries(&format!("systemctl start {UNIT}")).refused();
    let said = machine.does(&format!("journalctl --no-pager --quiet --unit {UNIT}"));
    assert!(said.contains(&format!("{ETC}/token")), "{said}");
    assert_ne!(machine.unit("ActiveState", UNIT), "active");
}

#[test]
fn systemd_finds_nothing_wrong_in_the_unit_and_little_exposed() {
    if !long() {
        return;
    }
    let machine = Machine::boot();
    install(&machine, OLD);
    let said = machine.tries(&format!("systemd-analyze verify --man=no {UNIT}"));
    assert!(said.good && said.err.is_empty(), "{said:?}");
    machine.does(&format!(
        "systemd-analyze security --no-pager --threshold={EXPOSURE} {UNIT}"
    ));
}

#[test]
fn an_upgrade_keeps_what_the_site_configured_and_asks_nothing() {
    if !long() {
        return;
    }
    let machine = Machine::boot();
    install(&machine, OLD);
    machine.does(&format!("echo workers: 3 >{ETC}/provisioner.yaml"));
    install(&machine, NEW);
    let text = machine.does(&format!("cat {ETC}/provisioner.yaml"));
    assert_eq!(text, "workers: 3");
}

/// Ten times the number that `systemd-analyze security` shows; it may become lower.
const EXPOSURE: u32 = 13;
