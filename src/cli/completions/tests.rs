use std::fs::File;
use std::path::PathBuf;
use std::process::Command as Process;

use tempfile::TempDir;

use super::*;
use crate::cli::args::definition;

fn script(shell: ShellChoice, name: &'static str) -> String {
    let mut out = Vec::new();
    run(
        &CompletionsArgs { shell },
        definition(name, "1.2.3"),
        &Roster::default(),
        &mut out,
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

fn file(folder: &TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("script");
    File::create(&path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    path
}

/// What a real bash suggests for the last word.
fn bash(line: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, &script(ShellChoice::Bash, "muster"));
    let words: Vec<_> = line.split(' ').collect();
    let (last, before) = words.split_last().unwrap();
    let program = format!(
        "source {}; COMP_WORDS=({line}); [ -z '{last}' ] && COMP_WORDS+=(''); COMP_CWORD={}; \
         _muster muster '{last}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        path.display(),
        before.len(),
        before.last().unwrap(),
    );
    let output = Process::new("bash")
        .args(["-c", &program])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_flags_and_values() {
    assert_eq!(bash("muster disc"), ["discover"]);
    assert_eq!(bash("muster req --batch-s"), ["--batch-sleep"]);
    assert_eq!(bash("muster req --display f"), ["failed"]);
    assert_eq!(bash("muster completions z"), ["zsh"]);
    assert_eq!(bash("muster tool con"), ["config"]);
    assert!(bash("muster req ").contains(&"choria_provision".to_owned()));
}

#[test]
fn scripts_are_for_the_name_that_the_program_was_called_by() {
    let text = script(ShellChoice::Bash, "choria");
    assert!(text.contains("complete -F _choria"), "{text}");
    assert!(!text.contains("_muster"));
}

#[test]
fn each_shell_can_read_its_script() {
    let folder = tempfile::tempdir().unwrap();
    for (shell, program) in [
        (ShellChoice::Bash, "bash"),
        (ShellChoice::Zsh, "zsh"),
        (ShellChoice::Fish, "fish"),
    ] {
        let text = script(shell, "muster");
        assert!(text.contains("discover"), "{program}");
        let path = file(&folder, &text);
        // zsh and fish are not everywhere
        if let Ok(output) = Process::new(program).arg("-n").arg(&path).output() {
            assert!(output.status.success(), "{program}: {output:?}");
        }
    }
}
