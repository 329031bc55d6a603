//! What rpmlint and lintian say is explained in `packaging/README.md`, finding by finding.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use buildspec::Format;

use super::order::Order;
use super::order::agent;
use super::order::provisioner;
use super::userland;

/// Both programs: one below `/opt`, one where packages usually are.
fn orders(format: Format) -> [Order; 2] {
    let usual = provisioner(format, "1.0.0")
        .with("bindir", "/usr/bin")
        .with("etcdir", "/etc/acme-prov")
        .with("statedir", "/var/lib/acme-prov")
        .with("dist", "el")
        .with("distro", "generic");
    [agent(format, "1.0.0"), usual]
}

/// The findings of a tool about all packages of a format; nothing where the tool is missing.
fn findings(format: Format, tool: &str, options: &[&str]) -> Option<BTreeSet<String>> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(tool);
    command.args(options);
    for (number, order) in orders(format).iter().enumerate() {
        let made = order.made();
        let file = folder.path().join(format!("{number}/{}", made.file_name));
        userland::put(&file, &made.bytes);
        command.arg(file);
    }
    let Ok(output) = command.env("LC_ALL", "C.UTF-8").output() else {
        let said = format!("not tried: {tool} is not installed\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return None;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let findings: BTreeSet<String> = said.lines().filter_map(finding).collect();
    assert!(!findings.is_empty(), "{tool} judged nothing: {said}");
    Some(findings)
}

/// The name of a finding: `package.arch: E: name …` of rpmlint, `E: package: name …` of lintian.
fn finding(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (first, second) = (words.next()?, words.next()?);
    let is_level = |word: &str| matches!(word, "E:" | "W:");
    (is_level(first) || is_level(second)).then(|| words.next().map(str::to_owned))?
}

/// What the table explains.
fn explained(tool: &str) -> BTreeSet<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, table) = readme
        .split_once("\n## What rpmlint and lintian say\n")
        .unwrap();
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.splitn(3, " | ");
        let name = cells.next()?.trim_end_matches('`').to_owned();
        cells
            .next()?
            .split(", ")
            .any(|of| of == tool)
            .then_some(name)
    };
    table
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter_map(row)
        .collect()
}

fn is_explained(format: Format, tool: &str, options: &[&str]) {
    let Some(findings) = findings(format, tool, options) else {
        return;
    };
    let explained = explained(tool);
    let new: Vec<&String> = findings.difference(&explained).collect();
    assert!(new.is_empty(), "{tool} has new findings: {new:?}");
}

#[test]
fn every_finding_of_rpmlint_is_explained() {
    is_explained(Format::Rpm, "rpmlint", &[]);
}

#[test]
fn every_finding_of_lintian_is_explained() {
    let options = [
        "--allow-root",
        "--fail-on",
        "none",
        "--tag-display-limit",
        "0",
    ];
    is_explained(Format::Deb, "lintian", &options);
}
