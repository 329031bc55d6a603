use super::*;
use crate::compile::environment::Variables;

/// A small program of the C compiler of this machine.
fn program(folder: &Path) -> PathBuf {
    let (source, program) = (folder.join("tiny.c"), folder.join("tiny"));
    File::create(&source)
        .and_then(|mut file| file.write_all(b"int main(void) { return 7; }"))
        .unwrap();
    let compiled = std::process::Command::new("cc")
        .args(["-g", "-o"])
        .args([&program, &source])
        .status();
    assert!(compiled.unwrap().success());
    program
}

fn made(folder: &Path) -> Split {
    let variables = Variables::from([("PATH".into(), "/usr/bin:/bin".into())]);
    let linked = program(folder);
    let cargo = Cargo::new(folder, &variables);
    split(
        &cargo,
        "objcopy",
        &linked,
        b"crates",
        &folder.join("made"),
        "acme",
    )
    .unwrap()
}

fn sections(file: &Path) -> String {
    let read = std::process::Command::new("readelf")
        .args(["--sections", "--wide"])
        .arg(file)
        .output();
    String::from_utf8(read.unwrap().stdout).unwrap()
}

#[test]
fn the_program_still_runs_without_its_symbols() {
    let folder = tempfile::tempdir().unwrap();
    let made = made(folder.path());
    let ended = std::process::Command::new(&made.binary).status();
    assert_eq!(ended.unwrap().code(), Some(7));
    let sections = sections(&made.binary);
    assert!(!sections.contains(".symtab") && !sections.contains(".debug_line"));
    assert!(sections.contains(".gnu_debuglink"));
}

#[test]
fn the_debug_information_is_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let made = made(folder.path());
    assert!(sections(&made.debug).contains(".debug_line"));
    assert_eq!(made.debug.file_name().unwrap(), "acme.debug");
}

#[test]
fn the_list_of_crates_is_in_a_section_that_is_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let sections = sections(&made(folder.path()).binary);
    let line = sections
        .lines()
        .find(|line| line.contains(auditable::SECTION))
        .unwrap();
    // address zero, six bytes, no flags
    assert!(
        line.contains("0000000000000000") && line.contains(" 000006 00      0"),
        "{line}"
    );
}

#[test]
fn equal_programs_are_split_into_equal_files() {
    let read = |file: &Path| fs::read(file).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let one = made(folder.path());
    let first = (read(&one.binary), read(&one.debug));
    let two = made(folder.path());
    assert!(first == (read(&two.binary), read(&two.debug)));
}

#[test]
fn what_an_ended_run_left_behind_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("made/.making-x");
    fs::create_dir_all(&left).unwrap();
    made(folder.path());
    let mut names: Vec<OsString> = fs::read_dir(folder.path().join("made"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["acme", "acme.debug"]);
}

#[test]
fn a_tool_that_fails_leaves_nothing_under_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let variables = Variables::from([("PATH".into(), "/usr/bin:/bin".into())]);
    let text = folder.path().join("text");
    File::create(&text)
        .unwrap()
        .write_all(b"no program")
        .unwrap();
    let cargo = Cargo::new(folder.path(), &variables);
    let target = folder.path().join("made");
    let failed = split(&cargo, "objcopy", &text, b"", &target, "acme");
    assert!(matches!(failed, Err(CompileError::Tool { .. })));
    assert_eq!(fs::read_dir(target).unwrap().count(), 0);
}
