//! What systemd and logrotate say. A machine without the tool tests the rest.

use super::*;

fn every() -> Vec<Package> {
    let mut packages = Vec::new();
    for format in [Format::Rpm, Format::Deb] {
        for package in [agent(format), provisioner(format)] {
            packages.push(elsewhere(package.clone()));
            packages.push(package);
        }
    }
    packages
}

/// The unit in a folder, with a program that is there.
fn unit(folder: &Path, package: &Package) -> PathBuf {
    let names = Names::new(package).unwrap();
    let unit = text(&made(package).unwrap(), &names.unit_file).replace(&names.binary, "/bin/true");
    put(folder, &names.unit, &unit)
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    for package in every() {
        let folder = tempfile::tempdir().unwrap();
        let unit = unit(folder.path(), &package);
        let Some(verified) = tool(
            Command::new("systemd-analyze")
                .args(["verify", "--man=no"])
                .arg(unit),
        ) else {
            return;
        };
        assert!(verified.status.success(), "{}", said(&verified));
        // what a newer systemd knows and this one does not would be said here
        assert_eq!(said(&verified), "", "{}", package.name);
    }
}

#[test]
fn systemd_calls_the_units_ok_at_worst() {
    for (package, most) in [(agent(Format::Rpm), 25), (provisioner(Format::Rpm), 20)] {
        let folder = tempfile::tempdir().unwrap();
        let unit = unit(folder.path(), &package);
        let threshold = format!("--threshold={most}");
        let Some(judged) = tool(
            Command::new("systemd-analyze")
                .args(["security", "--offline=yes", "--no-pager", &threshold])
                .arg(unit),
        ) else {
            return;
        };
        assert!(judged.status.success(), "{}", said(&judged));
    }
}

#[test]
fn a_unit_may_write_where_its_package_puts_things_and_nowhere_else() {
    let wanted = |package: &Package| -> Vec<String> {
        let names = Names::new(package).unwrap();
        text(&made(package).unwrap(), &names.unit_file)
            .lines()
            .filter(|line| {
                [
                    "ReadOnlyPaths=",
                    "ReadWritePaths=",
                    "StateDirectory=",
                    "LogsDirectory=",
                    "RuntimeDirectory=",
                    "ProtectSystem=",
                ]
                .iter()
                .any(|key| line.starts_with(key))
            })
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        wanted(&agent(Format::Rpm)),
        [
            "ProtectSystem=strict",
            "ReadOnlyPaths=/run -/dev/shm",
            "ReadWritePaths=-/etc/acme-muster",
            "ReadWritePaths=-/var/log",
            "StateDirectory=acme-muster",
            "LogsDirectory=acme-muster",
            "RuntimeDirectory=acme-muster",
        ]
    );
    assert_eq!(
        wanted(&elsewhere(agent(Format::Rpm))),
        [
            "ProtectSystem=strict",
            "ReadOnlyPaths=/run -/dev/shm",
            "ReadWritePaths=-/opt/acme-muster/etc",
            "ReadWritePaths=-/var/log",
            "ReadWritePaths=-/opt/acme-muster/state",
            "LogsDirectory=acme-muster",
            "RuntimeDirectory=acme-muster",
        ]
    );
    assert_eq!(
        wanted(&provisioner(Format::Rpm)),
        [
            "ProtectSystem=strict",
            "ReadOnlyPaths=/run",
            "StateDirectory=acme-provisioner",
            "RuntimeDirectory=acme-provisioner"
        ]
    );
}

#[test]
fn systemd_makes_the_accounts() {
    for package in [
        agent(Format::Rpm),
        provisioner(Format::Rpm),
        Package {
            group: "fleet".to_owned(),
            ..provisioner(Format::Rpm)
        },
    ] {
        let names = Names::new(&package).unwrap();
        let root = tempfile::tempdir().unwrap();
        put(
            root.path(),
            &names.sysusers,
            &text(&made(&package).unwrap(), &names.sysusers),
        );
        put(root.path(), "etc/passwd", "");
        put(root.path(), "etc/group", "");
        let Some(done) = tool(
            Command::new("systemd-sysusers")
                .arg("--root")
                .arg(root.path()),
        ) else {
            return;
        };
        assert!(done.status.success(), "{}", said(&done));
        let read = |file: &str| std::fs::read_to_string(root.path().join(file)).unwrap();
        assert!(
            read("etc/group").contains(&format!("{}:x:", names.group)),
            "{}",
            read("etc/group")
        );
        if package.program == Program::Provisioner {
            assert!(
                read("etc/passwd").contains(":/var/lib/acme-provisioner:"),
                "{}",
                read("etc/passwd")
            );
        }
        if package.group == "fleet" {
            assert!(
                read("etc/group").contains(":acme-provisioner\n"),
                "{}",
                read("etc/group")
            );
        }
    }
}

#[test]
fn systemd_makes_the_directories() {
    let package = elsewhere(agent(Format::Rpm));
    let names = Names::new(&package).unwrap();
    let root = tempfile::tempdir().unwrap();
    let conf = text(&made(&package).unwrap(), &names.tmpfiles);
    // accounts of this machine: only root makes files for others
    let (user, group) = (id("-un"), id("-gn"));
    let conf = conf.replace(" root acme-muster ", &format!(" {user} {group} "));
    let conf = put(
        root.path(),
        "tmpfiles.conf",
        &conf.replace(" root root ", &format!(" {user} {group} ")),
    );
    let mut command = Command::new("systemd-tmpfiles");
    command.arg("--create").arg("--root").arg(root.path());
    let Some(done) = tool(command.arg(conf)) else {
        return;
    };
    assert!(done.status.success(), "{}", said(&done));
    for folder in [&names.etcdir, &names.statedir, &names.logdir, &names.rundir] {
        assert!(
            root.path().join(folder.trim_start_matches('/')).is_dir(),
            "{folder}"
        );
    }
}

fn id(what: &str) -> String {
    let output = Command::new("id").arg(what).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn logrotate_understands_the_rotation() {
    let names = Names::new(&agent(Format::Rpm)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let log = put(folder.path(), "log/a.log", "line\n");
    let conf = text(&made(&agent(Format::Rpm)).unwrap(), &names.logrotate)
        .replace(&names.logdir, &log.parent().unwrap().display().to_string());
    let conf = put(folder.path(), "conf", &conf);
    let state = folder.path().join("state");
    let Some(tried) = tool(
        Command::new("logrotate")
            .arg("-d")
            .arg("-s")
            .arg(state)
            .arg(conf),
    ) else {
        return;
    };
    assert!(tried.status.success(), "{}", said(&tried));
    assert!(said(&tried).contains("considering log"), "{}", said(&tried));
    assert!(!said(&tried).contains("error"), "{}", said(&tried));
}
