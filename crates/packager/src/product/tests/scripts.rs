//! The scriptlets of an installation, and all of them as texts.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::machine::Machine;
use super::machine::both;
use super::*;
use crate::model::Scriptlets;

fn every_package() -> Vec<Package> {
    let mut packages = Vec::new();
    for format in [Format::Rpm, Format::Deb] {
        for package in [agent(format), provisioner(format), elsewhere(agent(format))] {
            for decided in [true, false] {
                packages.push(Package {
                    manage_conf: decided,
                    enable: decided,
                    restart_on_upgrade: decided,
                    ..package.clone()
                });
            }
        }
    }
    packages
}

#[test]
fn every_script_is_one_of_a_posix_shell() {
    let mut scripts = BTreeSet::new();
    for package in every_package() {
        let Scriptlets {
            before_install,
            after_install,
            before_removal,
            after_removal,
        } = made(&package).unwrap().scriptlets;
        scripts.extend(
            [before_install, after_install, before_removal, after_removal].map(Option::unwrap),
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = scripts
        .iter()
        .enumerate()
        .map(|(number, script)| put(folder.path(), &number.to_string(), script))
        .collect();
    for file in &files {
        let checked = tool(Command::new("sh").arg("-n").arg(file)).unwrap();
        assert!(checked.status.success(), "{}", said(&checked));
    }
    if let Some(checked) = tool(Command::new("shellcheck").args(["-s", "sh"]).args(&files)) {
        assert!(checked.status.success(), "{}", said(&checked));
    }
}

#[test]
fn accounts_are_made_before_files_are_unpacked_and_only_when_missing() {
    for (format, arguments) in [(Format::Rpm, ["1"]), (Format::Deb, ["install"])] {
        for machine in both(format) {
            let name = machine.package.name.clone();
            let (calls, said) = machine.before_install(&arguments);
            assert_eq!(said, "");
            assert!(calls.contains(&format!("groupadd -r {name}")), "{calls:?}");
            let users = calls
                .iter()
                .filter(|call| call.starts_with("useradd"))
                .count();
            assert_eq!(
                users,
                usize::from(machine.package.program == Program::Provisioner)
            );
            let machine = machine.with("getent", "");
            let (calls, _) = machine.before_install(&arguments);
            assert!(
                calls.iter().all(|call| call.starts_with("getent")),
                "{calls:?}"
            );
        }
    }
}

#[test]
fn an_account_that_cannot_be_made_is_said_and_stops_nothing() {
    for (format, arguments) in [(Format::Rpm, ["1"]), (Format::Deb, ["install"])] {
        for machine in both(format) {
            let machine = machine
                .with("groupadd", "exit 10")
                .with("useradd", "exit 1");
            let (_, said) = machine.before_install(&arguments);
            assert!(said.contains("cannot make the group"), "{said}");
        }
    }
}

#[test]
fn a_first_installation_makes_the_configuration_and_enables_without_starting() {
    let machine = Machine::new(agent(Format::Rpm)).booted("disabled");
    let (calls, said) = machine.after_install(&["1"]);
    assert_eq!(said, "");
    assert_eq!(
        fs::read_to_string(machine.at("/etc/acme-muster/server.conf")).unwrap(),
        text(&machine.manifest, "/usr/share/acme-muster/server.conf")
    );
    assert_eq!(
        fs::metadata(machine.at("/etc/acme-muster/server.conf"))
            .unwrap()
            .permissions()
            .mode()
            & 0o7777,
        0o640
    );
    assert!(
        calls[0].starts_with("chown root:acme-muster /etc/acme-muster/server.conf."),
        "{calls:?}"
    );
    assert_eq!(
        calls[1..],
        [
            "systemd-tmpfiles --create acme-muster.conf",
            "systemctl --no-reload preset acme-muster-server.service",
            "systemctl daemon-reload",
        ]
    );
    assert_eq!(
        machine.names_in("/etc/acme-muster"),
        ["plugin.d", "policies", "server.conf", "ssl"]
    );
}

#[test]
fn a_configuration_that_is_there_stays_as_it_is() {
    for (format, arguments) in [
        (Format::Rpm, &["2"][..]),
        (Format::Deb, &["configure", "1.0-1"]),
    ] {
        let machine = Machine::new(agent(format)).booted("enabled").provisioned();
        let before = machine.names_in("/etc/acme-muster");
        machine.after_install(arguments);
        assert_eq!(
            fs::read_to_string(machine.at("/etc/acme-muster/server.conf")).unwrap(),
            "identity = n1\n"
        );
        assert_eq!(machine.names_in("/etc/acme-muster"), before);
    }
}

#[test]
fn a_link_without_a_target_is_not_replaced_either() {
    let machine = Machine::new(agent(Format::Rpm));
    std::os::unix::fs::symlink("/nowhere", machine.at("/etc/acme-muster/server.conf")).unwrap();
    let (_, said) = machine.after_install(&["1"]);
    assert_eq!(said, "");
    assert!(machine.at("/etc/acme-muster/server.conf").is_symlink());
}

#[test]
fn a_configuration_that_somebody_makes_meanwhile_wins() {
    let machine = Machine::new(agent(Format::Rpm));
    let file = machine
        .at("/etc/acme-muster/server.conf")
        .display()
        .to_string();
    let machine = machine.with("chown", &format!("echo theirs >{file}"));
    machine.after_install(&["1"]);
    assert_eq!(fs::read_to_string(file).unwrap(), "theirs\n");
    assert_eq!(
        machine.names_in("/etc/acme-muster"),
        ["plugin.d", "policies", "server.conf", "ssl"]
    );
}

#[test]
fn a_configuration_that_cannot_be_made_is_said_and_leaves_nothing_half() {
    for format in [Format::Rpm, Format::Deb] {
        let machine = Machine::new(agent(format)).with("chown", "exit 1");
        let arguments: &[&str] = if format == Format::Rpm {
            &["1"]
        } else {
            &["configure", ""]
        };
        let (_, said) = machine.after_install(arguments);
        let mut lines: Vec<&str> = said.lines().collect();
        // a DEB gives everything else its owner first
        lines.retain(|line| !line.contains("cannot give"));
        assert_eq!(
            lines,
            ["acme-muster: cannot make /etc/acme-muster/server.conf"]
        );
        assert_eq!(
            machine.names_in("/etc/acme-muster"),
            ["plugin.d", "policies", "ssl"]
        );
    }
}

#[test]
fn a_deb_gives_owners_at_its_first_installation_and_where_nobody_decided() {
    let owners = |machine: Machine, arguments: &[&str]| {
        let (calls, _) = machine.after_install(arguments);
        calls
            .into_iter()
            .filter(|call| call.starts_with("chown -h"))
            .collect::<Vec<_>>()
    };
    let first = ["configure", ""];
    let expected = [
        "chown -h root:acme-muster /etc/acme-muster",
        "chown -h root:acme-muster /etc/acme-muster/plugin.d",
        "chown -h root:acme-muster /etc/acme-muster/plugin.d/choria.cfg",
        "chown -h root:acme-muster /etc/acme-muster/plugin.d/muster.cfg",
    ];
    let machine = || Machine::new(agent(Format::Deb));
    assert_eq!(
        owners(machine().with("dpkg-statoverride", "exit 1"), &first),
        expected
    );
    assert_eq!(owners(machine(), &first), expected);
    let none = Vec::<String>::new();
    assert_eq!(owners(machine(), &["configure", "1.0-1"]), none);
    assert_eq!(
        owners(machine().with("dpkg-statoverride", ""), &first),
        none
    );
}

#[test]
fn nothing_is_missed_where_there_is_no_systemd() {
    for (format, install, remove, gone) in [
        (Format::Rpm, &["1"][..], &["0"][..], &["0"][..]),
        (Format::Deb, &["configure", ""], &["remove"], &["remove"]),
    ] {
        for machine in both(format) {
            assert_eq!(machine.after_install(install).1, "");
            assert_eq!(machine.before_removal(remove), (vec![], String::new()));
            let (calls, said) = machine.after_removal(gone);
            assert_eq!(calls, Vec::<String>::new());
            assert!(said.contains("stay"), "{said}");
        }
    }
}

#[test]
fn in_an_image_the_service_is_enabled_and_systemd_is_not_spoken_to() {
    let machine = Machine::new(agent(Format::Rpm)).with("systemctl", "");
    let (calls, _) = machine.after_install(&["1"]);
    assert_eq!(
        calls[1..],
        ["systemctl --no-reload preset acme-muster-server.service"]
    );
    let (calls, _) = machine.before_removal(&["0"]);
    assert_eq!(
        calls,
        ["systemctl --no-reload disable acme-muster-server.service"]
    );
}

#[test]
fn what_is_not_enabled_by_its_package_is_not_enabled() {
    let package = Package {
        enable: false,
        ..agent(Format::Rpm)
    };
    let (calls, _) = Machine::new(package)
        .booted("disabled")
        .after_install(&["1"]);
    assert!(
        !calls.iter().any(|call| call.contains("preset")),
        "{calls:?}"
    );
    let package = Package {
        enable: false,
        ..agent(Format::Deb)
    };
    let machine = Machine::new(package)
        .booted("disabled")
        .with("deb-systemd-helper", "[ \"$1\" != debian-installed ]");
    let (calls, _) = machine.after_install(&["configure", ""]);
    assert!(
        !calls.iter().any(|call| call.contains(" enable ")),
        "{calls:?}"
    );
}

#[test]
fn a_service_that_the_administrator_disabled_stays_disabled() {
    let machine = Machine::new(agent(Format::Deb))
        .booted("disabled")
        .with("deb-systemd-helper", "[ \"$2\" != was-enabled ]");
    let (calls, _) = machine.after_install(&["configure", "1.0-1"]);
    assert!(
        !calls.iter().any(|call| call.contains(" enable ")),
        "{calls:?}"
    );
    let (calls, _) = Machine::new(agent(Format::Rpm))
        .booted("disabled")
        .after_install(&["2"]);
    assert!(
        !calls.iter().any(|call| call.contains("preset")),
        "{calls:?}"
    );
}
