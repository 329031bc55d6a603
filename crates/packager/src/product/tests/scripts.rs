//! The scriptlets, run by a shell on a machine made of a folder: programs of the system are replaced by ones that note how
//! they were called, everything else is real.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;
use crate::model::Scriptlets;

/// A machine with a package's files on it.
struct Machine {
    root: TempDir,
    package: Package,
    manifest: Manifest,
}

impl Machine {
    fn new(package: Package) -> Self {
        let root = tempfile::tempdir().unwrap();
        let machine = Self {
            manifest: made(&package).unwrap(),
            root,
            package,
        };
        for tool in ["sh", "mktemp", "cp", "chmod", "ln", "rm", "rmdir"] {
            let real = ["/bin", "/usr/bin"].map(|folder| Path::new(folder).join(tool));
            let real = real.iter().find(|path| path.exists()).unwrap();
            fs::create_dir_all(machine.root.path().join("path")).unwrap();
            std::os::unix::fs::symlink(real, machine.root.path().join("path").join(tool)).unwrap();
        }
        for (path, entry) in machine.manifest.tree.iter() {
            match &entry.kind {
                Kind::Directory => fs::create_dir_all(machine.at(path)).unwrap(),
                Kind::File(bytes) => {
                    put(machine.root.path(), path, &String::from_utf8_lossy(bytes));
                }
                Kind::Copy(_) | Kind::Link(_) | Kind::Ghost => {}
            }
        }
        machine
            .with("chown", "")
            .with("getent", "exit 2")
            .with("groupadd", "")
            .with("useradd", "")
    }

    /// A program that notes its call and then does this.
    fn with(self, program: &str, does: &str) -> Self {
        let log = self.root.path().join("calls");
        let text = format!(
            "#!/bin/sh\necho \"{program} $*\" >>{}\n{does}\n",
            log.display()
        );
        let path = put(self.root.path(), &format!("path/{program}"), &text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// systemd is there, as PID 1, and says this of the service.
    fn booted(self, is_enabled: &str) -> Self {
        fs::create_dir_all(self.at("/run/systemd/system")).unwrap();
        self.with(
            "systemctl",
            &format!("[ \"$1\" != is-enabled ] || echo {is_enabled}"),
        )
        .with("systemd-tmpfiles", "")
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    /// Runs a script and gives what was called, with what it said.
    fn run(&self, script: Option<&String>, arguments: &[&str]) -> (Vec<String>, String) {
        let mut script = script.unwrap().clone();
        for folder in ["/etc/", "/run/", "/usr/share/", "/var/", "/opt/"] {
            script = script.replace(folder, &format!("\u{1}{folder}"));
        }
        let script = script.replace('\u{1}', &self.root.path().display().to_string());
        let path = put(self.root.path(), "script", &script);
        let output = Command::new("/bin/sh")
            .arg(path)
            .args(arguments)
            .env_clear()
            .env("PATH", self.root.path().join("path"))
            .output()
            .unwrap();
        let said = said(&output);
        assert!(output.status.success(), "{said}\n{script}");
        let calls = fs::read_to_string(self.root.path().join("calls")).unwrap_or_default();
        drop(fs::remove_file(self.root.path().join("calls")));
        let root = self.root.path().display().to_string();
        let calls = calls.lines().map(|line| line.replace(&root, "")).collect();
        (calls, said.replace(&root, ""))
    }

    fn before_install(&self, arguments: &[&str]) -> (Vec<String>, String) {
        self.run(self.manifest.scriptlets.before_install.as_ref(), arguments)
    }

    fn after_install(&self, arguments: &[&str]) -> (Vec<String>, String) {
        self.run(self.manifest.scriptlets.after_install.as_ref(), arguments)
    }

    fn before_removal(&self, arguments: &[&str]) -> (Vec<String>, String) {
        self.run(self.manifest.scriptlets.before_removal.as_ref(), arguments)
    }

    fn after_removal(&self, arguments: &[&str]) -> (Vec<String>, String) {
        self.run(self.manifest.scriptlets.after_removal.as_ref(), arguments)
    }

    fn names_in(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.at(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// What a provisioner left on the node.
    fn provisioned(self) -> Self {
        let etcdir = self.package.etcdir.clone();
        for (file, text) in [
            ("server.conf", "identity = n1\n"),
            ("ssl/private.pem", "key"),
            ("policies/rpcutil.policy", "policy default deny\n"),
            ("facts.yaml", "role: web\n"),
        ] {
            put(self.root.path(), &format!("{etcdir}/{file}"), text);
        }
        put(
            self.root.path(),
            &format!("{}/replay.json", self.package.statedir),
            "{}",
        );
        self
    }
}

fn both(format: Format) -> [Machine; 2] {
    [agent(format), provisioner(format)].map(Machine::new)
}

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
        assert_eq!(
            said,
            "acme-muster: cannot make /etc/acme-muster/server.conf\n"
        );
        assert_eq!(
            machine.names_in("/etc/acme-muster"),
            ["plugin.d", "policies", "ssl"]
        );
    }
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
