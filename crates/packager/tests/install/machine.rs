//! A machine: a root folder on which the real rpm or dpkg works.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use buildspec::Compression;
use buildspec::Format;
use buildspec::Platform;
use buildspec::RpmFormat;
use muster_packager::model::Entry;
use muster_packager::model::Kind;
use muster_packager::model::Manifest;
use muster_packager::model::Scriptlets;
use muster_packager::model::Tree;
use muster_packager::rpm;
use tempfile::TempDir;

use super::order::Order;
use super::userland;

/// A machine without any package of ours.
#[derive(Debug)]
pub(crate) struct Machine {
    folder: TempDir,
    format: Format,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: char,
    pub(crate) mode: u32,
    pub(crate) owner: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) modified: i64,
}

/// Everything at and below a path.
pub(crate) type Finds = BTreeMap<String, Found>;

impl Machine {
    /// A machine on which systemd runs. None where nobody may call chroot.
    pub(crate) fn new(format: Format) -> Option<Self> {
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            let said = "not tried: installing into a root folder needs chroot, and so root\n";
            std::io::stderr().write_all(said.as_bytes()).unwrap();
            return None;
        }
        let machine = Self {
            folder: tempfile::tempdir_in(userland::place()).unwrap(),
            format,
        };
        userland::fill(&machine.root(), format);
        machine.set("enabled", "enabled\n");
        match format {
            Format::Rpm => machine.know_systemd(),
            Format::Deb | Format::Archive => machine.know_passwd(),
        }
        Some(machine)
    }

    /// Both machines, or none.
    pub(crate) fn each() -> impl Iterator<Item = (Format, Self)> {
        [Format::Rpm, Format::Deb]
            .into_iter()
            .filter_map(|format| Some((format, Self::new(format)?)))
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root().join(path.trim_start_matches('/'))
    }

    /// Writes a file like an editor that keeps mode and owner.
    pub(crate) fn write(&self, path: &str, text: &str) {
        userland::put(&self.at(path), text.as_bytes());
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_default()
    }

    /// A file that tells the stand-in for systemd what to do.
    pub(crate) fn set(&self, file: &str, text: &str) {
        self.write(&format!("/stub/{file}"), text);
    }

    pub(crate) fn unset(&self, file: &str) {
        fs::remove_file(self.at(&format!("/stub/{file}"))).unwrap();
    }

    /// systemd does not run: a container, or an image that is made.
    pub(crate) fn not_booted(self) -> Self {
        fs::remove_dir_all(self.at("/run/systemd")).unwrap();
        fs::remove_dir_all(self.at("/proc/self")).unwrap();
        self
    }

    /// There is no systemctl either.
    pub(crate) fn without_systemd(self) -> Self {
        let machine = self.not_booted();
        for program in ["systemctl", "systemd-tmpfiles"] {
            fs::remove_file(machine.at("/usr/bin").join(program)).unwrap();
        }
        machine
    }

    /// What systemd was told since the last time, without questions.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = self.text("/stub/calls");
        self.write("/stub/calls", "");
        calls
            .lines()
            .filter(|call| !call.contains("is-enabled"))
            .map(str::to_owned)
            .collect()
    }

    /// Installs, upgrades, downgrades or installs again, and gives what was said. It must succeed, and nothing may ask.
    pub(crate) fn install(&self, order: &Order) -> String {
        checked(self.try_install(order))
    }

    pub(crate) fn try_install(&self, order: &Order) -> Output {
        let file = self.file(order);
        match self.format {
            Format::Rpm => self.rpm(&["-U", "--oldpackage", "--replacepkgs", &file]),
            Format::Deb | Format::Archive => self.dpkg(&["--install", &file]),
        }
    }

    /// The package as a file beside the root folder.
    pub(crate) fn file(&self, order: &Order) -> String {
        let made = order.made();
        let path = self.folder.path().join(&made.file_name);
        userland::put(&path, &made.bytes);
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn remove(&self, name: &str) -> String {
        checked(match self.format {
            Format::Rpm => self.rpm(&["--erase", name]),
            Format::Deb | Format::Archive => self.dpkg(&["--remove", name]),
        })
    }

    /// What is not as the package has it.
    pub(crate) fn verify(&self, name: &str) -> String {
        let output = match self.format {
            Format::Rpm => self.rpm(&["--verify", name]),
            Format::Deb | Format::Archive => self.dpkg(&["--verify", name]),
        };
        both(&output)
    }

    pub(crate) fn rpm(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("rpm");
        command
            .arg("--root")
            .arg(self.root())
            .args(["--dbpath", "/var/lib/rpm"])
            .args(arguments);
        let mut output = ran(&mut command);
        // what Debian's rpm says about every installation
        let said = String::from_utf8(output.stderr).unwrap();
        output.stderr = said
            .lines()
            .filter(|line| {
                !line.contains("use Alien instead") && !line.contains("you know what you are doing")
            })
            .flat_map(|line| [line, "\n"])
            .collect::<String>()
            .into_bytes();
        output
    }

    pub(crate) fn dpkg(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("dpkg");
        command
            .arg(format!("--root={}", self.root().display()))
            .arg(format!(
                "--log={}",
                self.folder.path().join("dpkg.log").display()
            ))
            .arg("--force-unsafe-io")
            .args(arguments);
        ran(&mut command)
    }

    /// Runs a program of the machine.
    pub(crate) fn run(&self, program: &str) -> String {
        checked(ran(Command::new("chroot").arg(self.root()).arg(program)))
    }

    /// Everything on the machine but the bookkeeping of rpm, dpkg and the stand-in.
    pub(crate) fn all(&self) -> Finds {
        let mut finds = self.below("/");
        finds.retain(|path, _| !NOT_OURS.iter().any(|own| path.starts_with(own)));
        finds
    }

    /// Everything at and below a path.
    pub(crate) fn below(&self, path: &str) -> Finds {
        let mut finds = Finds::new();
        let owners = [self.names("/etc/passwd"), self.names("/etc/group")];
        self.find(path, &owners, &mut finds);
        finds
    }

    fn find(&self, path: &str, owners: &[BTreeMap<u32, String>; 2], finds: &mut Finds) {
        let at = self.at(path);
        let Ok(about) = fs::symlink_metadata(&at) else {
            return;
        };
        let called = |names: &BTreeMap<u32, String>, id| {
            names.get(&id).cloned().unwrap_or_else(|| id.to_string())
        };
        let kind = match about.file_type() {
            kind if kind.is_dir() => 'd',
            kind if kind.is_file() => 'f',
            _ => '?',
        };
        let bytes = if kind == 'f' {
            fs::read(&at).unwrap()
        } else {
            Vec::new()
        };
        let found = Found {
            kind,
            mode: about.mode() & 0o7777,
            owner: format!(
                "{}:{}",
                called(&owners[0], about.uid()),
                called(&owners[1], about.gid())
            ),
            bytes,
            modified: about.mtime(),
        };
        finds.insert(path.to_owned(), found);
        if kind == 'd' {
            for entry in fs::read_dir(&at).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                self.find(
                    &format!("{}/{name}", path.trim_end_matches('/')),
                    owners,
                    finds,
                );
            }
        }
    }

    fn names(&self, file: &str) -> BTreeMap<u32, String> {
        let names = self.text(file);
        let entry = |line: &str| {
            let mut fields = line.split(':');
            let name = fields.next()?.to_owned();
            Some((fields.nth(1)?.parse().ok()?, name))
        };
        names.lines().filter_map(entry).collect()
    }

    /// rpm looks for what a package needs: it gets a package that says to have it.
    fn know_systemd(&self) {
        let mut tree = Tree::default();
        for program in ["/bin/sh", "/usr/sbin/groupadd", "/usr/sbin/useradd"] {
            let entry = Entry::new(Kind::File(Vec::new()), 0o755);
            tree.add(program, entry).unwrap();
        }
        let bytes = rpm::write(&systemd(tree), None).unwrap();
        let file = self.folder.path().join("systemd.rpm");
        userland::put(&file, &bytes);
        checked(self.rpm(&["--install", "--justdb", file.to_str().unwrap()]));
    }

    /// dpkg reads its list: what makes accounts is on it.
    fn know_passwd(&self) {
        for folder in ["info", "updates", "triggers"] {
            fs::create_dir_all(self.at("/var/lib/dpkg").join(folder)).unwrap();
        }
        self.write("/var/lib/dpkg/info/passwd.list", "/.\n");
        self.write(
            "/var/lib/dpkg/status",
            "Package: passwd\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:4.13\n\
             Maintainer: nobody <nobody@example.net>\nDescription: accounts\n",
        );
    }
}

fn systemd(tree: Tree) -> Manifest {
    let text = str::to_owned;
    Manifest {
        name: text("systemd"),
        version: text("252"),
        release: text("1"),
        platform: Platform::X86_64,
        summary: text("what a package needs"),
        description: String::new(),
        license: text("Apache-2.0"),
        url: text("https://example.net"),
        contact: text("nobody@example.net"),
        rpm_group: text("Unspecified"),
        compression: Compression::Gzip,
        rpm_format: RpmFormat::V4,
        source_date: 0,
        requires: Vec::new(),
        tree,
        scriptlets: Scriptlets::default(),
    }
}

fn ran(command: &mut Command) -> Output {
    command
        .stdin(Stdio::null())
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .output()
        .unwrap()
}

/// What was said, of something that succeeded.
#[expect(
    clippy::needless_pass_by_value,
    reason = "what a call gives is judged and done with"
)]
pub(crate) fn checked(output: Output) -> String {
    let said = both(&output);
    assert!(output.status.success(), "{said}");
    said
}

/// Standard output and standard error.
pub(crate) fn both(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|said| String::from_utf8_lossy(said).into_owned())
        .concat()
}

/// What is different now: paths that came, and paths that went.
pub(crate) fn difference(before: &Finds, after: &Finds) -> (Vec<String>, Vec<String>) {
    let only = |one: &Finds, other: &Finds| {
        let paths = one.keys().filter(|path| !other.contains_key(*path));
        paths.cloned().collect()
    };
    (only(after, before), only(before, after))
}

/// Whether a path is there.
pub(crate) fn exists(machine: &Machine, path: &str) -> bool {
    fs::symlink_metadata(Path::new(&machine.at(path))).is_ok()
}

const NOT_OURS: [&str; 13] = [
    "/dev",
    "/etc/.pwd.lock",
    "/etc/group",
    "/etc/gshadow",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/systemd",
    "/stub",
    "/tmp/",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/lib/systemd/deb-systemd-helper",
    "/var/log/dpkg",
];
