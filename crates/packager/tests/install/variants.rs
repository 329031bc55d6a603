//! What a buildspec can decide differently.

use buildspec::Format;

use super::machine::Machine;
use super::machine::checked;
use super::node::Node;
use super::order::agent;

#[test]
fn a_package_that_enables_nothing_ships_no_preset_and_enables_nothing() {
    for (format, machine) in Machine::each() {
        let order = agent(format, "1.0.0").with("manage_server_preset", "0");
        machine.install(&order);
        let calls = machine.calls();
        assert!(
            !calls
                .iter()
                .any(|call| call.contains("preset") || call.contains("enable")),
            "{calls:?}"
        );
        let presets = machine.below("/usr/lib/systemd/system-preset");
        assert!(!presets.keys().any(|path| path.ends_with(".preset")));
        assert!(
            !machine
                .at("/etc/systemd/system/multi-user.target.wants")
                .exists()
        );
    }
}

#[test]
fn a_package_without_configuration_makes_none() {
    for (format, machine) in Machine::each() {
        let order = agent(format, "1.0.0").with("manage_conf", "0");
        machine.install(&order);
        assert!(!machine.at("/opt/acme/etc/server.conf").exists());
        assert!(!machine.at("/usr/share/acme-agent").exists());
        assert_eq!(machine.verify("acme-agent"), "");
    }
}

#[test]
fn a_configuration_survives_a_version_that_no_longer_makes_it() {
    for format in [Format::Rpm, Format::Deb] {
        let Some(node) = Node::new(&agent(format, "1.0.0")) else {
            return;
        };
        let without = agent(format, "1.1.0").with("manage_conf", "0");
        node.machine.install(&without);
        assert!(!node.machine.at("/usr/share/acme-agent").exists());
        node.is_whole("an upgrade to a version without configuration");
        node.machine.remove("acme-agent");
        node.is_whole_after_removal();
        node.machine.install(&agent(format, "1.1.0"));
        assert_eq!(
            node.machine.text("/opt/acme/etc/server.conf"),
            "identity = n1.example.net\n"
        );
    }
}

#[test]
fn a_configuration_that_was_there_before_the_package_stays() {
    for (format, machine) in Machine::each() {
        machine.write("/opt/acme/etc/server.conf", "identity = imaged\n");
        machine.install(&agent(format, "1.0.0"));
        assert_eq!(
            machine.text("/opt/acme/etc/server.conf"),
            "identity = imaged\n"
        );
        assert!(!machine.at("/opt/acme/etc/server.conf.rpmnew").exists());
    }
}

#[test]
fn a_site_that_restarts_by_itself_is_left_alone() {
    for (format, machine) in Machine::each() {
        machine.install(&agent(format, "1.0.0").with("restart_on_upgrade", "0"));
        machine.calls();
        machine.install(&agent(format, "1.1.0").with("restart_on_upgrade", "0"));
        let calls = machine.calls();
        assert!(
            !calls.iter().any(|call| call.contains("restart")),
            "{calls:?}"
        );
        assert!(
            calls.contains(&"systemctl daemon-reload".to_owned()),
            "{calls:?}"
        );
    }
}

#[test]
fn a_file_that_the_new_version_has_not_is_gone() {
    let Some(machine) = Machine::new(Format::Rpm) else {
        return;
    };
    machine.install(&agent(Format::Rpm, "1.0.0").with("license_files", "[TERMS]"));
    assert_eq!(
        machine.text("/usr/share/licenses/acme-agent/TERMS"),
        "Terms of Acme.\n"
    );
    machine.install(&agent(Format::Rpm, "1.1.0"));
    assert!(!machine.at("/usr/share/licenses/acme-agent/TERMS").exists());
    assert!(
        machine
            .at("/usr/share/licenses/acme-agent/LICENSE")
            .exists()
    );
}

/// The new version has another `muster.cfg`, and so has the administrator.
#[test]
fn an_edited_file_stays_and_the_new_one_is_laid_beside_it() {
    for format in [Format::Rpm, Format::Deb] {
        let Some(node) = Node::new(&agent(format, "1.0.0")) else {
            return;
        };
        let moved = agent(format, "1.1.0").with("statedir", "/srv/acme-agent");
        let file = node.machine.file(&moved);
        let beside = match format {
            Format::Rpm => {
                node.machine.install(&moved);
                "rpmnew"
            }
            Format::Deb | Format::Archive => {
                // what unattended runs are told, when they meet a question
                checked(node.machine.dpkg(&[
                    "--force-confdef",
                    "--force-confold",
                    "--install",
                    &file,
                ]));
                "dpkg-dist"
            }
        };
        node.is_whole("an upgrade with another configuration");
        let text = node
            .machine
            .text(&format!("/opt/acme/etc/plugin.d/muster.cfg.{beside}"));
        assert!(text.contains("state_dir = /srv/acme-agent\n"), "{text}");
    }
}

#[test]
fn a_group_that_is_root_needs_no_script_before() {
    for (format, machine) in Machine::each() {
        let order = agent(format, "1.0.0").with("group", "root");
        machine.install(&order);
        assert_eq!(machine.text("/etc/group"), "root:x:0:\nnogroup:x:65534:\n");
        assert_eq!(
            machine.below("/opt/acme/etc")["/opt/acme/etc"].owner,
            "root:root"
        );
        assert_eq!(machine.verify("acme-agent"), "");
    }
}
