//! What is on a machine before a package comes: a shell with its tools, the real tools that make accounts, and a stand-in
//! for systemd that writes down what it is told.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use buildspec::Format;

/// Fills an empty root folder.
pub(crate) fn fill(root: &Path, format: Format) {
    for folder in [
        "dev",
        "etc",
        "opt",
        // as good as mounted
        "proc/self",
        "run/systemd/system",
        "tmp",
        "usr",
        "var/lib",
        "var/log",
        "var/tmp",
    ] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for folder in SYSTEM {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    link(&ORIGINAL.join("all"), root);
    if format == Format::Deb {
        link(&ORIGINAL.join("deb"), root);
    }
    for tool in SHELL {
        symlink("busybox", root.join("bin").join(tool)).unwrap();
    }
    let passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n";
    put(&root.join("etc/passwd"), passwd.as_bytes());
    put(&root.join("etc/group"), b"root:x:0:\nnogroup:x:65534:\n");
    // where devices cannot be made, a file is as good for what the scripts throw away
    let null = root.join("dev/null");
    let device = Command::new("mknod")
        .args(["-m", "0666"])
        .arg(&null)
        .args(["c", "1", "3"])
        .output();
    if !device.is_ok_and(|device| device.status.success()) {
        put(&null, b"");
    }
    program(root, "usr/bin/systemctl", SYSTEMCTL);
    program(root, "usr/bin/systemd-tmpfiles", TMPFILES);
}

/// Where machines are made: in memory where that is allowed, because rpm and dpkg wait for the disk after every step.
pub(crate) fn place() -> PathBuf {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let runs_programs = mounts.lines().any(|mount| {
        mount.contains(" /dev/shm tmpfs ") && mount.contains("rw") && !mount.contains("noexec")
    });
    match runs_programs {
        true => PathBuf::from("/dev/shm"),
        false => std::env::temp_dir(),
    }
}

/// The programs of this machine that go onto all others, copied once.
static ORIGINAL: LazyLock<PathBuf> = LazyLock::new(|| {
    let place = place();
    for entry in fs::read_dir(&place).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap_or_default();
        let owner = name.strip_prefix(ORIGINALS);
        // of a run that has ended
        if owner.is_some_and(|owner| !Path::new("/proc").join(owner).exists()) {
            drop(fs::remove_dir_all(place.join(name)));
        }
    }
    let original = place.join(format!("{ORIGINALS}{}", std::process::id()));
    let all = original.join("all");
    take(&all, &[PathBuf::from("/bin/busybox")]);
    take(
        &all,
        &with_libraries(&["/usr/bin/getent", "/usr/sbin/groupadd", "/usr/sbin/useradd"]),
    );
    take(&all, &[PathBuf::from("/usr/sbin/nologin")]);
    let deb = original.join("deb");
    take(&deb, &with_libraries(&["/usr/bin/perl"]));
    take(
        &deb,
        &["/usr/bin/deb-systemd-helper", "/usr/bin/deb-systemd-invoke"].map(PathBuf::from),
    );
    perl(&deb);
    original
});

/// Puts a script into a root folder.
pub(crate) fn program(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    put(&path, text.as_bytes());
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

pub(crate) fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::create(path)
        .and_then(|mut file| file.write_all(bytes))
        .unwrap();
}

/// The same files in another folder, without a copy: rpm and dpkg never write into a file that is there.
fn link(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            link(&entry.path(), &to);
        } else if !to.exists() {
            fs::hard_link(entry.path(), to).unwrap();
        }
    }
}

fn take(root: &Path, files: &[PathBuf]) {
    for file in files {
        let to = root.join(file.strip_prefix("/").unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        copy(file, &to);
    }
}

fn copy(from: &Path, to: &Path) {
    if let Err(err) = fs::copy(from, to) {
        panic!("{}: {err}", from.display());
    }
}

/// Programs and the libraries that they are linked with.
fn with_libraries(programs: &[&str]) -> Vec<PathBuf> {
    let linked = Command::new("ldd").args(programs).output().unwrap();
    let linked = String::from_utf8(linked.stdout).unwrap();
    let libraries = linked
        .split_whitespace()
        .filter(|word| word.starts_with('/') && !word.ends_with(':'))
        .map(PathBuf::from);
    let mut files: Vec<PathBuf> = programs
        .iter()
        .map(PathBuf::from)
        .chain(libraries)
        .collect();
    files.sort();
    files.dedup();
    files
}

/// What perl needs besides its libraries.
fn perl(root: &Path) {
    let base = fs::read_dir("/usr/lib")
        .unwrap()
        .map(|entry| entry.unwrap().path().join("perl-base"))
        .find(|base| base.is_dir())
        .unwrap();
    let to = root.join(base.strip_prefix("/").unwrap());
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    let copied = Command::new("cp").arg("-a").args([&base, &to]).status();
    assert!(copied.is_ok_and(|status| status.success()));
}

const ORIGINALS: &str = "muster-install-";

/// Folders that every system has.
const SYSTEM: [&str; 21] = [
    "etc/default",
    "etc/logrotate.d",
    "etc/sysconfig",
    "etc/systemd/system",
    "usr/lib/systemd/system",
    "usr/lib/systemd/system-preset",
    "usr/lib/sysusers.d",
    "usr/lib/tmpfiles.d",
    "usr/share/bash-completion/completions",
    "usr/share/doc",
    "usr/share/fish/vendor_completions.d",
    "usr/share/licenses",
    "usr/share/man/man1",
    "usr/share/zsh/site-functions",
    "usr/share/zsh/vendor-completions",
    "bin",
    "lib",
    "sbin",
    "usr/bin",
    "usr/sbin",
    "var/lib/systemd",
];

/// Of the shell, in what the scripts call.
const SHELL: [&str; 16] = [
    "cat", "chgrp", "chmod", "chown", "cp", "echo", "grep", "ln", "ls", "mktemp", "mv", "rm",
    "rmdir", "sh", "stat", "true",
];

/// Writes down what it is told, and whether the file that is watched is still there.
const SYSTEMCTL: &str = "\
#!/bin/sh
seen=
[ ! -e /stub/watched ] || [ ! -e \"$(cat /stub/watched)\" ] || seen=' while the old files are there'
echo \"systemctl $*$seen\" >>/stub/calls
case $1 in
    is-enabled) cat /stub/enabled 2>/dev/null ;;
esac
[ ! -e /stub/kills ] || kill -9 $PPID
[ ! -e /stub/fails ]
";

/// Makes nothing: the folders of the packages must be there without it.
const TMPFILES: &str = "\
#!/bin/sh
echo \"systemd-tmpfiles $*\" >>/stub/calls
";
