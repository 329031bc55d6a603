//! What the real dpkg makes of our packages, in a root folder of its own.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Output;

use super::Made;
use crate::archive::tests::samples::file;
use crate::archive::tests::samples::run;
use crate::model::Manifest;
use crate::model::Role;
use crate::model::Tree;

/// A machine, as far as dpkg is concerned.
struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["info", "updates", "triggers"] {
            fs::create_dir_all(root.path().join("var/lib/dpkg").join(folder)).unwrap();
        }
        fs::File::create(root.path().join("var/lib/dpkg/status")).unwrap();
        Self { root }
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path(path)).ok()
    }

    fn edit(&self, path: &str, text: &str) {
        fs::File::create(self.path(path))
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .unwrap();
    }

    fn tries(&self, arguments: &[&str]) -> Output {
        let root = format!("--root={}", self.root.path().display());
        let log = format!("--log={}", self.path("dpkg.log").display());
        let ours = [
            root.as_str(),
            log.as_str(),
            "--force-not-root",
            "--force-script-chrootless",
            "--force-bad-path",
            "--force-confold",
        ];
        run("dpkg", &[&ours, arguments].concat())
    }

    fn dpkg(&self, arguments: &[&str]) {
        let output = self.tries(arguments);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {complaint}");
    }

    /// What dpkg says about the state of the package.
    fn state(&self) -> String {
        let admin = format!("--admindir={}", self.path("var/lib/dpkg").display());
        let format = "--showformat=${db:Status-Abbrev}";
        let output = run("dpkg-query", &[&admin, format, "--show", "acme"]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

/// A version of a small package, everything in it root's.
fn version(version: &str, configuration: &str) -> Manifest {
    let mut tree = Tree::default();
    let configuration = file(configuration, 0o640).with_role(Role::Configuration);
    tree.add("/etc/acme/acme.conf", configuration).unwrap();
    tree.add("/opt/acme/program", file(version, 0o755)).unwrap();
    Manifest {
        name: "acme".to_owned(),
        version: version.to_owned(),
        tree,
        ..crate::archive::tests::samples::manifest()
    }
}

#[test]
fn a_package_comes_and_goes_without_a_trace() {
    let machine = Machine::new();
    machine.dpkg(&["--install", Made::of(&version("1.0", "old")).path()]);
    assert_eq!(machine.state(), "ii");
    assert_eq!(machine.text("/opt/acme/program").unwrap(), "1.0");
    let mode = |path: &str| {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(machine.path(path)).unwrap().mode() & 0o7777
    };
    assert_eq!(
        (mode("/etc/acme/acme.conf"), mode("/opt/acme/program")),
        (0o640, 0o755)
    );
    machine.dpkg(&["--verify", "acme"]);
    machine.dpkg(&["--purge", "acme"]);
    for path in ["/etc/acme", "/opt/acme"] {
        assert!(!machine.path(path).exists(), "{path}");
    }
}

#[test]
fn an_edited_file_survives_an_upgrade() {
    let machine = Machine::new();
    machine.dpkg(&["--install", Made::of(&version("1.0", "old")).path()]);
    machine.edit("/etc/acme/acme.conf", "edited");
    machine.dpkg(&["--install", Made::of(&version("2.0", "new")).path()]);
    assert_eq!(machine.text("/opt/acme/program").unwrap(), "2.0");
    assert_eq!(machine.text("/etc/acme/acme.conf").unwrap(), "edited");
    assert_eq!(
        machine.text("/etc/acme/acme.conf.dpkg-dist").unwrap(),
        "new"
    );
}

#[test]
fn a_file_that_nobody_edited_is_upgraded() {
    let machine = Machine::new();
    machine.dpkg(&["--install", Made::of(&version("1.0", "old")).path()]);
    machine.dpkg(&["--install", Made::of(&version("2.0", "new")).path()]);
    assert_eq!(machine.text("/etc/acme/acme.conf").unwrap(), "new");
}

#[test]
fn a_removal_keeps_the_configuration_and_a_purge_does_not() {
    let machine = Machine::new();
    machine.dpkg(&["--install", Made::of(&version("1.0", "old")).path()]);
    machine.edit("/etc/acme/acme.conf", "edited");
    machine.dpkg(&["--remove", "acme"]);
    assert_eq!(machine.state(), "rc");
    assert_eq!(machine.text("/etc/acme/acme.conf").unwrap(), "edited");
    assert!(!machine.path("/opt/acme").exists());
    machine.dpkg(&["--purge", "acme"]);
    assert!(!machine.path("/etc/acme").exists());
}

#[test]
fn a_release_candidate_is_older_than_its_release() {
    let machine = Machine::new();
    machine.dpkg(&["--install", Made::of(&version("1.0~rc.1", "")).path()]);
    machine.dpkg(&[
        "--refuse-downgrade",
        "--install",
        Made::of(&version("1.0", "")).path(),
    ]);
    assert_eq!(machine.text("/opt/acme/program").unwrap(), "1.0");
}

/// A package whose scripts write down that they ran.
fn telling(number: &str) -> Manifest {
    let tell = |name: &str| Some(format!("echo {name} \"$@\" >> \"$DPKG_ROOT/told\""));
    let mut manifest = version(number, "x");
    manifest.scriptlets.before_install = tell("preinst");
    manifest.scriptlets.after_install = tell("postinst");
    manifest.scriptlets.before_removal = tell("prerm");
    manifest.scriptlets.after_removal = tell("postrm");
    manifest
}

#[test]
fn scripts_run_at_their_moment() {
    let machine = Machine::new();
    machine.dpkg(&["--install", Made::of(&telling("1.0")).path()]);
    machine.dpkg(&["--purge", "acme"]);
    let expected = "\
preinst install
postinst configure 
prerm remove
postrm remove
postrm purge
";
    assert_eq!(machine.text("/told").unwrap(), expected);
}

#[test]
fn a_script_ends_at_its_first_failure() {
    let machine = Machine::new();
    let mut manifest = version("1.0", "x");
    manifest.scriptlets.before_install = Some("false\n: > \"$DPKG_ROOT/beyond\"".to_owned());
    let output = machine.tries(&["--install", Made::of(&manifest).path()]);
    assert!(!output.status.success());
    assert!(!machine.path("/beyond").exists());
    assert!(!machine.path("/opt/acme/program").exists());
    assert!(Path::new(&machine.path("/var/lib/dpkg/status")).exists());
}
