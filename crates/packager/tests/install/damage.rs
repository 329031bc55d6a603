//! systemd that refuses everything, and scripts that are killed: packages come and go, and nodes live.

use std::process::Output;

use buildspec::Format;

use super::machine::Machine;
use super::machine::both;
use super::machine::checked;
use super::node::Node;
use super::order::agent;
use super::order::provisioner;

#[test]
fn a_systemd_that_refuses_everything_is_said_and_costs_nothing() {
    for ordered in [agent, provisioner] {
        for format in [Format::Rpm, Format::Deb] {
            let Some(node) = Node::new(&ordered(format, "1.0.0")) else {
                return;
            };
            let machine = &node.machine;
            machine.set("fails", "");
            let order = ordered(format, "1.1.0");
            let said = machine.install(&order);
            assert!(
                said.contains(&format!("{}: the service did not restart", order.name())),
                "{said}"
            );
            node.is_whole("an upgrade that systemd refused");
            let said = machine.remove(order.name());
            assert!(
                said.contains(&format!("{}: cannot stop", order.name())),
                "{said}"
            );
            assert!(!machine.at(&order.binary()).exists());
            node.is_whole_after_removal();
            machine.install(&order);
            assert_eq!(machine.run(&order.binary()), "1.1.0\n");
        }
    }
}

#[test]
fn a_first_installation_without_a_helpful_systemd_is_whole() {
    for (format, machine) in Machine::each() {
        machine.set("fails", "");
        let said = machine.install(&agent(format, "1.0.0"));
        assert!(
            said.contains("acme-agent: systemd does not know the service yet"),
            "{said}"
        );
        assert!(machine.at("/opt/acme/etc/server.conf").exists());
        assert_eq!(machine.verify("acme-agent"), "");
    }
}

/// The script that asks systemd something dies there, as in a power cut or when memory is short.
fn killed_while_upgrading(format: Format) -> Option<(Node, Output)> {
    let node = Node::new(&agent(format, "1.0.0"))?;
    node.machine.set("kills", "");
    let output = node.machine.try_install(&agent(format, "1.1.0"));
    node.machine.unset("kills");
    Some((node, output))
}

#[test]
fn a_killed_script_of_an_rpm_costs_the_node_nothing() {
    let Some((node, output)) = killed_while_upgrading(Format::Rpm) else {
        return;
    };
    let said = both(&output);
    assert!(said.contains("signal 9"), "{said}");
    assert_eq!(node.machine.run("/opt/acme/sbin/acme-agent"), "1.1.0\n");
    node.is_whole("a script that was killed");
    node.machine.install(&agent(Format::Rpm, "1.1.0"));
    node.is_whole("the next run");
    let installed = checked(node.machine.rpm(&["-q", "acme-agent"]));
    assert_eq!(installed, "acme-agent-1.1.0-1.x86_64\n");
}

#[test]
fn a_killed_script_of_a_deb_is_taken_up_again() {
    let Some((node, output)) = killed_while_upgrading(Format::Deb) else {
        return;
    };
    assert!(!output.status.success());
    node.is_whole("a script that was killed");
    checked(node.machine.dpkg(&["--configure", "--pending"]));
    node.is_whole("the next run");
    assert_eq!(node.machine.run("/opt/acme/sbin/acme-agent"), "1.1.0\n");
    assert!(
        node.machine
            .text("/var/lib/dpkg/status")
            .contains("Package: acme-agent\nStatus: install ok installed\n")
    );
}

#[test]
fn a_first_installation_whose_script_was_killed_can_be_finished() {
    for (format, machine) in Machine::each() {
        machine.set("kills", "");
        drop(machine.try_install(&agent(format, "1.0.0")));
        machine.unset("kills");
        assert!(machine.at("/opt/acme/etc/server.conf").exists());
        machine.install(&agent(format, "1.0.0"));
        assert_eq!(machine.verify("acme-agent"), "");
        let names = machine.below("/opt/acme/etc");
        assert!(
            !names.keys().any(|path| path.contains("server.conf.")),
            "{:?}",
            names.keys()
        );
    }
}
