//! The scriptlets of an upgrade and of a removal.

use super::machine::Machine;
use super::*;

#[test]
fn an_upgrade_of_an_rpm_restarts_what_runs_after_the_old_files_are_gone() {
    let machine = Machine::new(agent(Format::Rpm))
        .booted("enabled")
        .provisioned();
    let (calls, _) = machine.after_install(&["2"]);
    assert_eq!(
        calls,
        [
            "systemd-tmpfiles --create acme-muster.conf",
            "systemctl daemon-reload"
        ]
    );
    assert_eq!(machine.before_removal(&["1"]).0, Vec::<String>::new());
    let (calls, said) = machine.after_removal(&["1"]);
    assert_eq!(said, "");
    assert_eq!(
        calls,
        [
            "systemctl daemon-reload",
            "systemctl is-enabled acme-muster-server.service",
            "systemctl try-restart acme-muster-server.service",
        ]
    );
}

#[test]
fn an_upgrade_of_a_deb_restarts_what_runs_and_a_first_installation_does_not() {
    let machine = Machine::new(agent(Format::Deb))
        .booted("enabled")
        .with("deb-systemd-helper", "")
        .with("deb-systemd-invoke", "");
    let restart = "deb-systemd-invoke try-restart acme-muster-server.service".to_owned();
    assert!(
        !machine
            .after_install(&["configure", ""])
            .0
            .contains(&restart)
    );
    assert_eq!(
        machine.before_removal(&["upgrade", "2.0-1"]).0,
        Vec::<String>::new()
    );
    assert_eq!(
        machine.after_removal(&["upgrade", "2.0-1"]),
        (vec![], String::new())
    );
    let (calls, said) = machine.after_install(&["configure", "1.0-1"]);
    assert_eq!(said, "");
    assert_eq!(calls.last(), Some(&restart));
    assert!(
        !machine
            .after_install(&["abort-upgrade", "2.0-1"])
            .0
            .contains(&restart)
    );
}

#[test]
fn a_masked_service_is_not_restarted() {
    for (format, phase) in [
        (Format::Rpm, &["1"][..]),
        (Format::Deb, &["configure", "1.0-1"]),
    ] {
        for state in ["masked", "masked-runtime"] {
            let machine = Machine::new(agent(format)).booted(state);
            let (calls, _) = match format {
                Format::Rpm => machine.after_removal(phase),
                Format::Deb | Format::Archive => machine.after_install(phase),
            };
            assert!(
                calls.iter().any(|call| call.contains("is-enabled")),
                "{calls:?}"
            );
            assert!(
                !calls.iter().any(|call| call.contains("try-restart")),
                "{calls:?}"
            );
        }
    }
}

#[test]
fn a_site_that_restarts_by_itself_is_left_alone() {
    for (format, phase) in [
        (Format::Rpm, &["1"][..]),
        (Format::Deb, &["configure", "1.0-1"]),
    ] {
        let package = Package {
            restart_on_upgrade: false,
            ..agent(format)
        };
        let machine = Machine::new(package).booted("enabled");
        let (calls, _) = match format {
            Format::Rpm => machine.after_removal(phase),
            Format::Deb | Format::Archive => machine.after_install(phase),
        };
        assert!(
            !calls.iter().any(|call| call.contains("restart")),
            "{calls:?}"
        );
    }
}

#[test]
fn a_restart_that_fails_is_said_and_fails_nothing() {
    for (format, phase) in [
        (Format::Rpm, &["1"][..]),
        (Format::Deb, &["configure", "1.0-1"]),
    ] {
        let machine = Machine::new(agent(format))
            .booted("enabled")
            .with("systemctl", "exit 1");
        let (_, said) = match format {
            Format::Rpm => machine.after_removal(phase),
            Format::Deb | Format::Archive => machine.after_install(phase),
        };
        assert!(said.contains("the service did not restart"), "{said}");
    }
}

#[test]
fn a_removal_stops_the_service_and_keeps_the_node() {
    let rpm = Machine::new(agent(Format::Rpm))
        .booted("enabled")
        .provisioned();
    let (calls, _) = rpm.before_removal(&["0"]);
    assert_eq!(
        calls,
        ["systemctl --no-reload disable --now acme-muster-server.service"]
    );
    let deb = Machine::new(agent(Format::Deb))
        .booted("enabled")
        .provisioned()
        .with("deb-systemd-invoke", "")
        .with("deb-systemd-helper", "");
    let (calls, _) = deb.before_removal(&["remove"]);
    assert_eq!(
        calls,
        ["deb-systemd-invoke stop acme-muster-server.service"]
    );
    for (machine, phase) in [(rpm, "0"), (deb, "remove")] {
        put(machine.root.path(), "run/acme-muster/status.json", "{}");
        let (_, said) = machine.after_removal(&[phase]);
        assert!(
            said.contains("stay in /etc/acme-muster and /var/lib/acme-muster"),
            "{said}"
        );
        assert!(machine.at("/etc/acme-muster/ssl/private.pem").exists());
        assert!(machine.at("/etc/acme-muster/server.conf").exists());
        assert!(machine.at("/var/lib/acme-muster/replay.json").exists());
        assert!(!machine.at("/run/acme-muster").exists());
    }
}

#[test]
fn a_purge_removes_the_node_and_leaves_what_is_not_its_own() {
    let machine = Machine::new(agent(Format::Deb)).provisioned();
    let (_, said) = machine.after_removal(&["purge"]);
    assert!(
        said.contains("removed the node's configuration, its keys and its state"),
        "{said}"
    );
    assert!(
        said.contains("what else is in /etc/acme-muster stays"),
        "{said}"
    );
    assert_eq!(machine.names_in("/etc/acme-muster"), ["facts.yaml"]);
    assert!(!machine.at("/var/lib/acme-muster").exists());
    assert!(!machine.at("/var/log/acme-muster").exists());
}

#[test]
fn a_purge_of_a_clean_node_leaves_nothing_and_may_be_repeated() {
    let machine = Machine::new(agent(Format::Deb));
    for _ in 0..2 {
        let (_, said) = machine.after_removal(&["purge"]);
        assert!(!said.contains("stays"), "{said}");
        assert!(!machine.at("/etc/acme-muster").exists());
    }
}

#[test]
fn a_purge_of_a_provisioner_keeps_its_authority_and_says_so() {
    let machine = Machine::new(provisioner(Format::Deb));
    put(
        machine.root.path(),
        "var/lib/acme-provisioner/ca/ca-key.pem",
        "key",
    );
    put(
        machine.root.path(),
        "var/lib/acme-provisioner/journal.jsonl",
        "",
    );
    put(
        machine.root.path(),
        "etc/acme-provisioner/provisioner.yaml",
        "",
    );
    let (_, said) = machine.after_removal(&["purge"]);
    assert!(
        said.contains("the authority in /var/lib/acme-provisioner/ca stays"),
        "{said}"
    );
    assert_eq!(machine.names_in("/var/lib/acme-provisioner"), ["ca"]);
    assert!(!machine.at("/etc/acme-provisioner").exists());
}
