//! What a process of the units can and cannot do, seen from inside its namespaces; and what systemd says of the units.

use crate::agent::ETC;
use crate::agent::UNIT;
use crate::agent::installed;
use crate::long;
use crate::machine::Machine;

/// Looks at the service's process, whichever that is at the moment.
pub(crate) fn agent_is_confined(machine: &Machine) {
    let id = machine.unit("MainPID", UNIT);
    let status = machine.does(&format!("cat /proc/{id}/status"));
    // chown 0, dac_override 1, fowner 3
    for line in [
        "CapEff:\t000000000000000b",
        "CapBnd:\t000000000000000b",
        "CapAmb:\t0000000000000000",
        "NoNewPrivs:\t1",
        "Seccomp:\t2",
    ] {
        assert!(status.contains(line), "no {line} in\n{status}");
    }
    for folder in [
        "/",
        "/usr",
        "/usr/bin",
        "/etc",
        "/boot",
        "/opt",
        "/opt/acme-muster/sbin",
        "/srv",
        "/var",
        "/var/lib",
        "/var/cache",
        "/run",
        "/run/lock",
        "/run/systemd/system",
        "/dev/shm",
        "/root",
        "/home",
        "/sys/fs/cgroup",
    ] {
        assert!(!writes(machine, &id, folder), "it can write to {folder}");
    }
    for folder in [
        ETC,
        "/var/lib/acme-muster",
        "/run/acme-muster",
        "/var/log",
        "/tmp",
    ] {
        assert!(writes(machine, &id, folder), "it cannot write to {folder}");
    }
    for sight in [
        // other people's files, processes and devices
        "[ -z \"$(ls -A /root)\" ]",
        "[ -z \"$(ls /dev | grep -e ^sd -e ^vd -e ^mem -e ^kmsg)\" ]",
        "! sh -c \"echo x >/proc/sys/kernel/hostname\"",
    ] {
        within(machine, &id, sight);
    }
}

fn writes(machine: &Machine, id: &str, folder: &str) -> bool {
    let attempt = format!("touch {folder}/attempt && rm {folder}/attempt");
    machine.tries(&entered(id, &attempt)).good
}

fn within(machine: &Machine, id: &str, line: &str) {
    let said = machine.tries(&entered(id, line));
    assert!(said.good, "{line}: {said:?}");
}

/// A line of shell as somebody without capabilities of its own would run it in the service's view of the files.
fn entered(id: &str, line: &str) -> String {
    format!("nsenter --target {id} --mount sh -c '{line}'")
}

#[test]
fn a_waiting_node_is_confined() {
    if !long() {
        return;
    }
    let machine = installed();
    machine.does(&format!("systemctl start {UNIT}"));
    agent_is_confined(&machine);
}

#[test]
fn systemd_finds_nothing_wrong_in_the_unit_and_little_exposed() {
    if !long() {
        return;
    }
    let machine = installed();
    let said = machine.tries(&format!("systemd-analyze verify --man=no {UNIT}"));
    assert!(said.good && said.err.is_empty(), "{said:?}");
    machine.does(&format!(
        "systemd-analyze security --no-pager --threshold={EXPOSURE} {UNIT}"
    ));
}

/// Ten times the number that `systemd-analyze security` shows; it may become lower.
const EXPOSURE: u32 = 21;
