//! Files of the real machine.

use std::fs::File;
use std::fs::Permissions;
use std::fs::create_dir;
use std::fs::set_permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use muster_provisioner::config::Caution;
use muster_provisioner::config::Fault;
use muster_provisioner::config::Found;
use muster_provisioner::config::Helper;
use muster_provisioner::config::Machine;
use muster_provisioner::config::NotAProgram;
use muster_provisioner::config::Surroundings as _;
use muster_provisioner::config::load;

fn write(folder: &Path, name: &str, text: &[u8], mode: u32) -> PathBuf {
    let path = folder.join(name);
    File::create(&path).unwrap().write_all(text).unwrap();
    set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_configuration_is_read_with_its_helper_and_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    let helper = write(folder.path(), "helper", b"#!/bin/sh\n", 0o700);
    let token = write(folder.path(), "token", b"s3cret\n", 0o600);
    let text = format!(
        "helper: {} --site dc1\ntoken: {{ file: {} }}\n",
        helper.display(),
        token.display()
    );
    let path = write(folder.path(), "provisioner.yaml", text.as_bytes(), 0o644);
    let loaded = load(&path).unwrap();
    let Helper::Program(words) = &loaded.config.helper else {
        panic!("not a program")
    };
    assert_eq!(words[0], helper.display().to_string());
    assert_eq!(words[1..], ["--site", "dc1"]);
    assert_eq!(loaded.config.tokens[0].expose(), "s3cret");
    assert_eq!(loaded.config.file, path);
    assert_eq!(loaded.warnings, []);
}

#[test]
fn a_secret_that_everybody_can_read_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    for (mode, shared) in [
        (0o600, false),
        (0o640, false),
        (0o644, true),
        (0o604, true),
        (0o622, false),
    ] {
        let token = write(folder.path(), "token", b"s3cret", mode);
        let text = format!("helper: /bin/sh\ntoken: {{ file: {} }}\n", token.display());
        let path = write(folder.path(), "provisioner.yaml", text.as_bytes(), 0o644);
        let cautions: Vec<Found> = load(&path)
            .unwrap()
            .warnings
            .into_iter()
            .map(|warning| warning.found)
            .collect();
        let wanted = Found::Caution(Caution::SecretShared { file: token });
        assert_eq!(cautions.contains(&wanted), shared, "{mode:o}");
    }
}

#[test]
fn a_configuration_with_a_secret_that_everybody_can_read_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let text = b"helper: /bin/sh\ntoken: [s3cret, other]\n";
    for (mode, warnings) in [(0o600, 0), (0o640, 0), (0o644, 1)] {
        let path = write(folder.path(), "provisioner.yaml", text, mode);
        assert_eq!(load(&path).unwrap().warnings.len(), warnings, "{mode:o}");
    }
}

#[test]
fn only_an_executable_file_is_a_program() {
    let folder = tempfile::tempdir().unwrap();
    let good = write(folder.path(), "good", b"#!/bin/sh\n", 0o700);
    let plain = write(folder.path(), "plain", b"#!/bin/sh\n", 0o600);
    let inner = folder.path().join("folder");
    create_dir(&inner).unwrap();
    for (path, answer) in [
        (&good, Ok(())),
        (&plain, Err(NotAProgram::NotExecutable)),
        (&inner, Err(NotAProgram::NotAFile)),
        (&folder.path().join("none"), Err(NotAProgram::Missing)),
        (&good.join("below"), Err(NotAProgram::Missing)),
    ] {
        assert_eq!(Machine.check_program(path), answer, "{}", path.display());
    }
}

#[test]
fn a_name_is_looked_for_in_the_path_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "p.yaml", b"helper: sh -c true\n", 0o600);
    let Helper::Program(words) = load(&path).unwrap().config.helper else {
        panic!("not a program")
    };
    assert!(
        words[0].starts_with('/') && words[0].ends_with("/sh"),
        "{words:?}"
    );
}

#[test]
fn what_is_no_readable_text_of_a_sane_size_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let big = vec![b'#'; 1024 * 1024 + 1];
    let paths = [
        folder.path().join("none.yaml"),
        folder.path().to_owned(),
        PathBuf::from("/dev/zero"),
        write(folder.path(), "latin.yaml", b"site: caf\xe9\n", 0o600),
        write(folder.path(), "big.yaml", &big, 0o600),
    ];
    for path in paths {
        let err = load(&path).unwrap_err();
        let [fault] = err.faults() else {
            panic!("{err}")
        };
        let unreadable = matches!(&fault.found, Found::Fault(Fault::Unreadable { .. }));
        assert!(unreadable, "{err}");
        assert_eq!(fault.place.file, path);
    }
}

#[test]
fn a_secret_file_is_a_file_and_small() {
    let folder = tempfile::tempdir().unwrap();
    let big = vec![b'x'; 64 * 1024 + 1];
    let big = write(folder.path(), "big", &big, 0o600);
    for path in [folder.path(), Path::new("/dev/zero"), &big] {
        assert!(Machine.secret_file(path).is_err(), "{}", path.display());
    }
}
