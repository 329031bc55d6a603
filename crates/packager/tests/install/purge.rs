//! Only a purge removes a node.

use buildspec::Format;

use super::machine::Machine;
use super::machine::checked;
use super::machine::difference;
use super::machine::exists;
use super::node::Node;
use super::order::agent;
use super::order::provisioner;

#[test]
fn a_purge_removes_the_node_and_nothing_else() {
    let Some(node) = Node::new(&agent(Format::Deb, "1.0.0")) else {
        return;
    };
    let machine = &node.machine;
    machine.remove("acme-agent");
    node.is_whole_after_removal();
    let said = checked(machine.dpkg(&["--purge", "acme-agent"]));
    assert!(
        said.contains("what else is in /opt/acme/etc stays"),
        "{said}"
    );
    let left: Vec<String> = machine.below("/opt/acme").into_keys().collect();
    assert_eq!(
        left,
        ["/opt/acme", "/opt/acme/etc", "/opt/acme/etc/facts.yaml"]
    );
    for path in [
        "/var/log/acme-agent",
        "/etc/default/acme-agent-server",
        "/etc/logrotate.d/acme-agent",
    ] {
        assert!(!exists(machine, path), "{path}");
    }
}

#[test]
fn a_package_that_came_and_was_purged_leaves_no_trace() {
    for ordered in [agent, provisioner] {
        let Some(machine) = Machine::new(Format::Deb) else {
            return;
        };
        let before = machine.all();
        let order = ordered(Format::Deb, "1.0.0");
        machine.install(&order);
        checked(machine.dpkg(&["--purge", order.name()]));
        let (left, lost) = difference(&before, &machine.all());
        // folders of the system: nobody else's package is here to keep them
        assert!(lost.iter().all(|path| before[path].kind == 'd'), "{lost:?}");
        assert_eq!(left, Vec::<String>::new());
        assert!(
            machine.text("/etc/group").contains(order.group()),
            "the group stays"
        );
    }
}

#[test]
fn an_rpm_that_came_and_went_leaves_the_configuration_only() {
    let Some(machine) = Machine::new(Format::Rpm) else {
        return;
    };
    let before = machine.all();
    machine.install(&agent(Format::Rpm, "1.0.0"));
    machine.remove("acme-agent");
    let (left, lost) = difference(&before, &machine.all());
    assert_eq!(lost, Vec::<String>::new());
    let ours: Vec<&String> = left.iter().filter(|path| path.contains("acme")).collect();
    assert_eq!(
        ours,
        ["/opt/acme", "/opt/acme/etc", "/opt/acme/etc/server.conf"]
    );
}

#[test]
fn a_purged_provisioner_leaves_its_authority_and_says_so() {
    let Some(node) = Node::new(&provisioner(Format::Deb, "1.0.0")) else {
        return;
    };
    let machine = &node.machine;
    let said = checked(machine.dpkg(&["--purge", "acme-prov"]));
    assert!(
        said.contains("the authority in /opt/acme-prov/state/ca stays"),
        "{said}"
    );
    let left: Vec<String> = machine.below("/opt/acme-prov").into_keys().collect();
    assert_eq!(
        left,
        [
            "/opt/acme-prov",
            "/opt/acme-prov/state",
            "/opt/acme-prov/state/ca",
            "/opt/acme-prov/state/ca/ca-key.pem",
            "/opt/acme-prov/state/ca/ca.pem",
        ]
    );
}
