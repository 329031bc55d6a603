//! A configured machine stays what it is, whatever becomes of its package.

use buildspec::Format;

use super::machine::Machine;
use super::machine::both;
use super::machine::checked;
use super::node::Node;
use super::order::Order;
use super::order::agent;
use super::order::provisioner;

/// An order of one version.
type Ordered = fn(Format, &str) -> Order;

/// Upgraded as an unattended run does it: without `--oldpackage`, without an answer, without a choice.
fn upgraded(machine: &Machine, order: &Order) {
    let file = machine.file(order);
    let output = match order.format {
        Format::Rpm => machine.rpm(&["--upgrade", &file]),
        Format::Deb | Format::Archive => machine.dpkg(&["--refuse-downgrade", "--install", &file]),
    };
    let said = checked(output);
    assert!(!said.contains("kipping"), "{said}");
    assert_eq!(machine.run(&order.binary()), format!("{}\n", order.version));
    assert_eq!(machine.below(&order.binary())[&order.binary()].mode, 0o755);
}

fn a_node_lives_through_upgrades(ordered: Ordered, format: Format) {
    let Some(node) = Node::new(&ordered(format, "1.0.0")) else {
        return;
    };
    for version in ["1.0.0-acme", "1.1.0-rc.1", "1.1.0"] {
        upgraded(&node.machine, &ordered(format, version));
        node.is_whole(version);
    }
}

#[test]
fn a_node_lives_through_upgrades_of_its_rpm() {
    a_node_lives_through_upgrades(agent, Format::Rpm);
}

#[test]
fn a_node_lives_through_upgrades_of_its_deb() {
    a_node_lives_through_upgrades(agent, Format::Deb);
}

#[test]
fn a_provisioner_lives_through_upgrades_of_its_rpm() {
    a_node_lives_through_upgrades(provisioner, Format::Rpm);
}

#[test]
fn a_provisioner_lives_through_upgrades_of_its_deb() {
    a_node_lives_through_upgrades(provisioner, Format::Deb);
}

fn a_node_lives_through_everything_else(ordered: Ordered, format: Format) {
    let new = ordered(format, "1.1.0");
    let Some(node) = Node::new(&new) else {
        return;
    };
    let machine = &node.machine;
    match format {
        Format::Rpm => {
            let file = machine.file(&new);
            checked(machine.rpm(&["--reinstall", &file]));
        }
        Format::Deb | Format::Archive => drop(machine.install(&new)),
    }
    node.is_whole("another installation");
    machine.install(&ordered(format, "1.0.0"));
    assert_eq!(machine.run(&new.binary()), "1.0.0\n");
    node.is_whole("a downgrade");
    machine.remove(new.name());
    assert!(!machine.at(&new.binary()).exists());
    node.is_whole_after_removal();
    machine.install(&new);
    assert_eq!(machine.run(&new.binary()), "1.1.0\n");
    if format == Format::Deb {
        node.is_whole("removal and another installation");
    } else {
        let conf = match new.is_provisioner() {
            true => "provisioner.yaml",
            false => "server.conf",
        };
        let text = machine.text(&format!("{}/{conf}", new.etcdir()));
        assert!(
            text.contains("n1.example.net") || text.contains("of this node"),
            "{text}"
        );
    }
}

#[test]
fn a_node_lives_through_reinstallation_downgrade_and_removal_of_its_rpm() {
    a_node_lives_through_everything_else(agent, Format::Rpm);
}

#[test]
fn a_node_lives_through_reinstallation_downgrade_and_removal_of_its_deb() {
    a_node_lives_through_everything_else(agent, Format::Deb);
}

#[test]
fn a_provisioner_lives_through_reinstallation_downgrade_and_removal_of_its_rpm() {
    a_node_lives_through_everything_else(provisioner, Format::Rpm);
}

#[test]
fn a_provisioner_lives_through_reinstallation_downgrade_and_removal_of_its_deb() {
    a_node_lives_through_everything_else(provisioner, Format::Deb);
}

#[test]
fn an_older_version_is_no_upgrade() {
    for (format, machine) in Machine::each() {
        for (old, new) in [("1.0.0", "1.0.0-acme"), ("1.1.0-rc.1", "1.1.0")] {
            machine.install(&agent(format, new));
            let file = machine.file(&agent(format, old));
            let refused = match format {
                Format::Rpm => machine.rpm(&["--upgrade", &file]),
                Format::Deb | Format::Archive => {
                    machine.dpkg(&["--refuse-downgrade", "--install", &file])
                }
            };
            let said = both(&refused);
            assert!(
                said.contains("is already installed") || said.contains("will not downgrade"),
                "{said}"
            );
            assert_eq!(machine.run("/opt/acme/sbin/acme-agent"), format!("{new}\n"));
        }
    }
}
