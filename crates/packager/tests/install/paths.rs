//! Every path with its mode and its owner.

use std::collections::BTreeSet;

use buildspec::Format;
use sha2::Digest as _;

use super::machine::Machine;
use super::machine::checked;
use super::machine::difference;
use super::order::Order;
use super::order::SOURCE_DATE;
use super::order::agent;
use super::order::provisioner;

/// What an installation brought, without the manual pages of commands.
fn brought(order: &Order) -> Option<Vec<String>> {
    let machine = Machine::new(order.format)?;
    let before = machine.all();
    machine.install(order);
    let after = machine.all();
    let (came, went) = difference(&before, &after);
    assert_eq!(went, Vec::<String>::new());
    let command = format!("/usr/share/man/man1/{}-", order.name());
    let line = |path: &String| {
        let found = &after[path];
        format!("{} {:04o} {} {path}", found.kind, found.mode, found.owner)
    };
    Some(
        came.iter()
            .filter(|path| !path.starts_with(&command))
            .map(line)
            .collect(),
    )
}

fn is_brought(order: &Order, expected: &str) {
    let Some(brought) = brought(order) else {
        return;
    };
    let expected: Vec<&str> = expected.lines().collect();
    assert_eq!(brought, expected, "\n{}\n", brought.join("\n"));
}

#[test]
fn an_rpm_of_an_agent_brings_these_paths() {
    is_brought(&agent(Format::Rpm, "1.0.0"), AGENT_RPM);
}

#[test]
fn a_deb_of_an_agent_brings_these_paths() {
    is_brought(&agent(Format::Deb, "1.0.0"), AGENT_DEB);
}

#[test]
fn an_rpm_of_a_provisioner_brings_these_paths() {
    is_brought(&provisioner(Format::Rpm, "1.0.0"), PROVISIONER_RPM);
}

#[test]
fn a_deb_of_a_provisioner_brings_these_paths() {
    is_brought(&provisioner(Format::Deb, "1.0.0"), PROVISIONER_DEB);
}

#[test]
fn everything_that_a_package_says_is_on_the_machine_and_nothing_else() {
    for ordered in [agent, provisioner] {
        for (format, machine) in Machine::each() {
            let order = ordered(format, "1.0.0");
            let before = machine.all();
            machine.install(&order);
            let after = machine.all();
            let made = order.made();
            for (path, packed) in &made.contents.files {
                let found = after
                    .get(path)
                    .unwrap_or_else(|| panic!("{path} is missing"));
                assert_eq!(found.mode, packed.mode, "{path}");
                assert_eq!(
                    found.owner,
                    format!("{}:{}", packed.owner, packed.group),
                    "{path}"
                );
                assert_eq!(found.kind == 'd', packed.kind == "directory", "{path}");
                if packed.kind == "file" {
                    assert_eq!(
                        hex::encode(sha2::Sha256::digest(&found.bytes)),
                        packed.sha256,
                        "{path}"
                    );
                    assert_eq!(u64::try_from(found.modified), Ok(SOURCE_DATE), "{path}");
                }
            }
            let made_by_scripts = ["server.conf", "provisioner.yaml", "client.conf"]
                .map(|file| format!("{}/{file}", order.etcdir()));
            let (came, _) = difference(&before, &after);
            let strange: BTreeSet<&String> = came
                .iter()
                .filter(|path| !made.contents.files.contains_key(*path))
                .filter(|path| !made_by_scripts.contains(path))
                .collect();
            assert!(strange.is_empty(), "{strange:?}");
        }
    }
}

#[test]
fn a_fresh_installation_says_nothing_and_verifies() {
    for ordered in [agent, provisioner] {
        for (format, machine) in Machine::each() {
            let order = ordered(format, "1.0.0");
            let said = machine.install(&order);
            match format {
                Format::Rpm => assert_eq!(said, ""),
                Format::Deb | Format::Archive => {
                    assert!(!said.contains(&format!("{}:", order.name())), "{said}");
                }
            }
            assert_eq!(machine.verify(order.name()), "");
        }
    }
}

#[test]
fn the_configuration_is_made_like_its_original() {
    for (ordered, files) in [
        (agent as fn(Format, &str) -> Order, &["server.conf"][..]),
        (provisioner, &["provisioner.yaml", "client.conf"]),
    ] {
        for (format, machine) in Machine::each() {
            let order = ordered(format, "1.0.0");
            machine.install(&order);
            for file in files {
                let path = format!("{}/{file}", order.etcdir());
                let made = &machine.below(&path)[&path];
                assert_eq!(made.mode, 0o640);
                assert_eq!(made.owner, format!("root:{}", order.group()));
                let original = machine.text(&format!("/usr/share/{}/{file}", order.name()));
                assert!(!original.is_empty());
                assert_eq!(machine.text(&path), original);
            }
        }
    }
}

/// Nothing has run after the files were unpacked here, so rpm itself knew the group.
#[test]
fn rpm_unpacks_files_of_a_group_that_its_script_made() {
    let Some(machine) = Machine::new(Format::Rpm) else {
        return;
    };
    let order = agent(Format::Rpm, "1.0.0");
    let file = machine.file(&order);
    let said = checked(machine.rpm(&["--install", "--nopost", &file]));
    assert_eq!(said, "");
    let finds = machine.below("/opt/acme/etc");
    assert_eq!(finds["/opt/acme/etc"].owner, "root:acmeops");
    assert_eq!(
        finds["/opt/acme/etc/plugin.d/muster.cfg"].owner,
        "root:acmeops"
    );
}

/// `dpkg --root` asks the machine that it runs on for the number of a group, which is none or another one there.
#[test]
fn a_deb_that_is_installed_from_outside_has_its_owners_all_the_same() {
    let Some(machine) = Machine::new(Format::Deb) else {
        return;
    };
    let order = provisioner(Format::Deb, "1.0.0");
    let file = machine.file(&order);
    checked(machine.dpkg(&["--unpack", &file]));
    assert!(machine.text("/etc/group").contains("\nacmeprov:"));
    let accounts = machine.text("/etc/passwd");
    assert!(accounts.contains("\nacme-prov:"), "{accounts}");
    checked(machine.dpkg(&["--configure", order.name()]));
    let finds = machine.below("/opt/acme-prov");
    assert_eq!(finds["/opt/acme-prov/etc"].owner, "root:acmeprov");
    assert_eq!(finds["/opt/acme-prov/state"].owner, "acme-prov:acmeprov");
}

const AGENT_RPM: &str = include_str!("paths/agent.rpm.txt");
const AGENT_DEB: &str = include_str!("paths/agent.deb.txt");
const PROVISIONER_RPM: &str = include_str!("paths/provisioner.rpm.txt");
const PROVISIONER_DEB: &str = include_str!("paths/provisioner.deb.txt");
