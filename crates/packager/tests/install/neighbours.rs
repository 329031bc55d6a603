//! Two agents of one company on one machine.

use buildspec::Format;

use super::machine::Machine;
use super::node::Node;
use super::order::agent;
use super::order::neighbour;

#[test]
fn two_agents_share_nothing_and_one_can_go() {
    for format in [Format::Rpm, Format::Deb] {
        for (one, other) in [
            (agent as fn(_, _) -> _, neighbour as fn(_, _) -> _),
            (neighbour, agent),
        ] {
            let Some(node) = Node::new(&one(format, "1.0.0")) else {
                return;
            };
            let machine = &node.machine;
            let second = other(format, "1.1.0");
            machine.install(&second);
            node.is_whole("the installation of its neighbour");
            assert_eq!(machine.run(&second.binary()), "1.1.0\n");
            machine.remove(second.name());
            node.is_whole("the removal of its neighbour");
            let first = one(format, "1.0.0");
            assert_eq!(machine.run(&first.binary()), "1.0.0\n");
            let calls = machine.calls();
            assert!(
                !calls.iter().any(|call| call.contains(&first.unit())),
                "{calls:?}"
            );
        }
    }
}

#[test]
fn both_agents_verify_after_both_were_upgraded() {
    for (format, machine) in Machine::each() {
        for version in ["1.0.0", "1.1.0"] {
            machine.install(&agent(format, version));
            machine.install(&neighbour(format, version));
        }
        assert_eq!(machine.verify("acme-agent"), "");
        assert_eq!(machine.verify("beta-agent"), "");
    }
}

/// The second one is inside a folder of the first one, which must not make it unreachable.
#[test]
fn the_shared_folder_stays_until_the_last_one_goes() {
    for (format, machine) in Machine::each() {
        machine.install(&agent(format, "1.0.0"));
        machine.install(&neighbour(format, "1.0.0"));
        machine.remove("acme-agent");
        assert_eq!(machine.below("/opt/acme")["/opt/acme"].mode, 0o755);
        assert_eq!(machine.verify("beta-agent"), "");
    }
}

#[test]
fn a_purge_takes_nothing_of_the_neighbour() {
    let Some(node) = Node::new(&neighbour(Format::Deb, "1.0.0")) else {
        return;
    };
    node.machine.install(&agent(Format::Deb, "1.0.0"));
    super::machine::checked(node.machine.dpkg(&["--purge", "acme-agent"]));
    node.is_whole("the purge of its neighbour");
    // but for what its administrator edited
    let said = node.machine.verify("beta-agent");
    assert!(
        said.lines().all(|line| line.starts_with("??5?????? c ")),
        "{said}"
    );
}
