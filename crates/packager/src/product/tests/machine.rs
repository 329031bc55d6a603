//! A machine made of a folder, on which scriptlets are run by a shell: programs of the system are replaced by ones that note
//! how they were called, everything else is real.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;

/// A machine with a package's files on it.
pub(super) struct Machine {
    pub(super) root: TempDir,
    pub(super) package: Package,
    pub(super) manifest: Manifest,
}

impl Machine {
    pub(super) fn new(package: Package) -> Self {
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
    pub(super) fn with(self, program: &str, does: &str) -> Self {
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
    pub(super) fn booted(self, is_enabled: &str) -> Self {
        fs::create_dir_all(self.at("/run/systemd/system")).unwrap();
        self.with(
            "systemctl",
            &format!("[ \"$1\" != is-enabled ] || echo {is_enabled}"),
        )
        .with("systemd-tmpfiles", "")
    }

    pub(super) fn at(&self, path: &str) -> PathBuf {
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

    pub(super) fn before_install(&self, arguments: &[&str]) -> (Vec<String>, String) {
        self.run(self.manifest.scriptlets.before_install.as_ref(), arguments)
    }

    pub(super) fn after_install(&self, arguments: &[&str]) -> (Vec<String>, String) {
        self.run(self.manifest.scriptlets.after_install.as_ref(), arguments)
    }

    pub(super) fn before_removal(&self, arguments: &[&str]) -> (Vec<String>, String) {
        self.run(self.manifest.scriptlets.before_removal.as_ref(), arguments)
    }

    pub(super) fn after_removal(&self, arguments: &[&str]) -> (Vec<String>, String) {
        self.run(self.manifest.scriptlets.after_removal.as_ref(), arguments)
    }

    pub(super) fn names_in(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.at(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// What a provisioner left on the node.
    pub(super) fn provisioned(self) -> Self {
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

/// The two programs.
pub(super) fn both(format: Format) -> [Machine; 2] {
    [agent(format), provisioner(format)].map(Machine::new)
}
