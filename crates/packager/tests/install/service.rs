//! What systemd is told, and when.

use buildspec::Format;

use super::machine::Machine;
use super::node::Node;
use super::order::Order;
use super::order::agent;
use super::order::provisioner;

const UNIT: &str = "acme-agent-server.service";

#[test]
fn a_first_installation_of_an_rpm_enables_and_starts_nothing() {
    let Some(machine) = Machine::new(Format::Rpm) else {
        return;
    };
    machine.install(&agent(Format::Rpm, "1.0.0"));
    assert_eq!(
        machine.calls(),
        [
            "systemd-tmpfiles --create acme-agent.conf",
            "systemctl --no-reload preset acme-agent-server.service",
            "systemctl daemon-reload",
        ]
    );
    let preset = machine.text("/usr/lib/systemd/system-preset/60-acme-agent-server.preset");
    assert_eq!(preset, "enable acme-agent-server.service\n");
}

#[test]
fn a_first_installation_of_a_deb_enables_and_starts_nothing() {
    let Some(machine) = Machine::new(Format::Deb) else {
        return;
    };
    machine.install(&agent(Format::Deb, "1.0.0"));
    assert_eq!(
        machine.calls(),
        [
            "systemd-tmpfiles --create acme-agent.conf",
            "systemctl --root=/ --system --preset-mode=enable-only preset acme-agent-server.service",
            "systemctl daemon-reload",
        ]
    );
}

/// The old version has a file that the new one has not, and the stand-in looks whether it is still there.
fn restarted(old: &Order, new: &Order, gone: &str) {
    let Some(machine) = Machine::new(new.format) else {
        return;
    };
    machine.install(old);
    assert!(machine.at(gone).exists());
    machine.set("watched", gone);
    machine.calls();
    machine.install(new);
    assert!(!machine.at(gone).exists());
    let calls = machine.calls();
    let restarts: Vec<&String> = calls
        .iter()
        .filter(|call| call.contains("restart"))
        .collect();
    let unit = new.unit();
    assert_eq!(restarts, [&format!("systemctl try-restart {unit}")]);
    assert!(
        !calls.iter().any(|call| call.contains(" start ")
            || call.contains("--now")
            || call.contains("preset")),
        "{calls:?}"
    );
    let reload = calls
        .iter()
        .rposition(|call| call.starts_with("systemctl daemon-reload"));
    let restart = calls.iter().position(|call| call.contains("try-restart"));
    assert!(reload < restart, "{calls:?}");
}

#[test]
fn an_upgrade_restarts_once_and_after_the_old_files_are_gone() {
    for format in [Format::Rpm, Format::Deb] {
        for ordered in [agent, provisioner] {
            let new = ordered(format, "1.1.0");
            // the binary was elsewhere
            let old = ordered(format, "1.0.0").with("bindir", "/opt/acme-before/sbin");
            restarted(&old, &new, &old.binary());
        }
    }
}

#[test]
fn the_same_version_again_restarts_it_too() {
    for (format, machine) in Machine::each() {
        let order = agent(format, "1.0.0");
        machine.install(&order);
        machine.calls();
        machine.install(&order);
        let calls = machine.calls();
        let restarts = calls
            .iter()
            .filter(|call| call.contains("try-restart"))
            .count();
        assert_eq!(restarts, 1, "{calls:?}");
    }
}

#[test]
fn a_masked_service_is_not_restarted_by_an_upgrade() {
    for (format, machine) in Machine::each() {
        machine.install(&agent(format, "1.0.0"));
        machine.set("enabled", "masked\n");
        machine.calls();
        machine.install(&agent(format, "1.1.0"));
        let calls = machine.calls();
        assert!(
            !calls.iter().any(|call| call.contains("restart")),
            "{calls:?}"
        );
    }
}

#[test]
fn a_removal_of_an_rpm_disables_and_stops() {
    let Some(machine) = Machine::new(Format::Rpm) else {
        return;
    };
    machine.install(&agent(Format::Rpm, "1.0.0"));
    machine.calls();
    let said = machine.remove("acme-agent");
    assert_eq!(
        machine.calls(),
        [
            format!("systemctl --no-reload disable --now {UNIT}"),
            "systemctl daemon-reload".to_owned()
        ]
    );
    assert!(
        said.contains("keys and state stay in /opt/acme/etc and /opt/acme/state"),
        "{said}"
    );
}

#[test]
fn a_removal_of_a_deb_stops() {
    let Some(machine) = Machine::new(Format::Deb) else {
        return;
    };
    machine.install(&agent(Format::Deb, "1.0.0"));
    machine.calls();
    machine.remove("acme-agent");
    assert_eq!(
        machine.calls(),
        [
            format!("systemctl stop {UNIT}"),
            "systemctl daemon-reload".to_owned()
        ]
    );
}

#[test]
fn in_an_image_the_service_is_enabled_and_systemd_is_not_spoken_to() {
    for (format, machine) in Machine::each() {
        let machine = machine.not_booted();
        machine.install(&agent(format, "1.0.0"));
        let calls = machine.calls();
        let enabled = calls
            .iter()
            .filter(|call| call.contains(" preset "))
            .count();
        assert_eq!(enabled, 1, "{calls:?}");
        machine.install(&agent(format, "1.1.0"));
        machine.remove("acme-agent");
        let calls = [calls, machine.calls()].concat();
        let spoken: Vec<&String> = calls
            .iter()
            .filter(|call| {
                ["restart", "start", "stop", "--now", "reload "]
                    .iter()
                    .any(|word| call.contains(word))
            })
            .filter(|call| !call.contains("--no-reload"))
            .collect();
        assert_eq!(spoken, Vec::<&String>::new());
    }
}

#[test]
fn without_systemd_nothing_is_missed() {
    for ordered in [agent, provisioner] {
        for (format, machine) in Machine::each() {
            let machine = machine.without_systemd();
            let order = ordered(format, "1.0.0");
            let said = [
                machine.install(&order),
                machine.install(&ordered(format, "1.1.0")),
            ]
            .concat();
            assert!(
                !said.contains("not found") && !said.contains("cannot"),
                "{said}"
            );
            assert_eq!(machine.verify(order.name()), "");
            let node = Node::on(machine, &order);
            let said = node.machine.remove(order.name());
            assert!(
                !said.contains("not found") && !said.contains("cannot"),
                "{said}"
            );
            node.is_whole_after_removal();
        }
    }
}
