//! What can be held of the README's page "Your own build": its commands are understood, what they name is there.

use std::fs;

use crate::desk::shipped;

/// The lines of the first block of commands below a heading of the README.
fn lines(heading: &str) -> Vec<String> {
    let text = fs::read_to_string(shipped("README.md")).unwrap();
    let (_, page) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, block) = page.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    block.lines().map(str::to_owned).collect()
}

fn page() -> Vec<String> {
    lines("Your own build")
}

/// The words behind the packager's name, without what a shell would take for itself.
fn arguments(line: &str) -> Option<Vec<String>> {
    let (_, rest) = line.split_once("-p muster-packager -- ")?;
    let words = rest
        .split_whitespace()
        .map(|word| word.trim_end_matches(';'));
    Some(words.map(str::to_owned).collect())
}

#[test]
fn the_page_has_ten_lines() {
    assert_eq!(page().len(), 10, "{:#?}", page());
}

#[test]
fn the_packager_understands_every_line_that_calls_it() {
    let calls: Vec<Vec<String>> = page().iter().filter_map(|line| arguments(line)).collect();
    assert!(!calls.is_empty());
    for words in calls {
        let all = std::iter::once("muster-packager".to_owned()).chain(words);
        muster_packager::cli::command()
            .try_get_matches_from(all)
            .unwrap();
    }
}

#[test]
fn the_build_and_package_of_the_page_are_in_the_buildspec() {
    let words = page().iter().find_map(|line| arguments(line)).unwrap();
    let value = |name: &str| {
        let at = words.iter().position(|word| word == name).unwrap();
        words.get(at + 1).unwrap().as_str()
    };
    let text = fs::read_to_string(shipped("buildspec.yaml")).unwrap();
    let spec = buildspec::Spec::parse("buildspec.yaml", &text).unwrap();
    let known: Vec<&str> = spec.packages(value("--build")).collect();
    for package in value("--package").split(',') {
        assert!(known.contains(&package), "{package}");
    }
}

#[test]
fn what_the_page_replaces_in_the_buildspec_stands_there() {
    let text = fs::read_to_string(shipped("buildspec.yaml")).unwrap();
    let page = page();
    let line = page.iter().find(|line| line.contains("sed ")).unwrap();
    let replaced = line.split('/').nth(1).unwrap();
    assert!(text.contains(replaced), "{replaced}");
}

#[test]
fn the_page_names_the_paths_of_the_example_s_package() {
    let text = fs::read_to_string(shipped("buildspec.yaml")).unwrap();
    let page = page().join("\n");
    for (key, path) in [
        ("bindir", "/opt/acme-muster/sbin"),
        ("etcdir", "/opt/acme-muster/etc"),
    ] {
        assert!(text.contains(&format!("{key}: {path}")), "{key}");
        assert!(page.contains(path), "{path}");
    }
}

/// What the README shows of `build-info`: names and values.
fn shown() -> Vec<(String, String)> {
    let text = fs::read_to_string(shipped("README.md")).unwrap();
    let (_, block) = text.split_once("```text\nmuster build settings:").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let fields = block.lines().filter_map(|line| line.split_once(": "));
    fields
        .map(|(name, value)| (name.trim().to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn the_fields_of_the_readme_are_those_of_build_info() {
    let code = fs::read_to_string(shipped("src/cli/build_info.rs")).unwrap();
    let shown = shown();
    assert!(shown.len() > 15, "{shown:?}");
    for (name, _) in shown {
        assert!(code.contains(&format!("\"{name}\"")), "{name}");
    }
}

#[test]
fn the_values_of_the_readme_are_those_of_the_example() {
    let text = fs::read_to_string(shipped("buildspec.yaml")).unwrap();
    let spec = buildspec::Spec::parse("buildspec.yaml", &text).unwrap();
    let read = |name: &str| fs::read_to_string(shipped(name));
    let choice = spec.target_choice("acme", "64bit_linux", &read).unwrap();
    let buildspec::TargetChoice::Built(resolved, platform) = choice else {
        panic!("the example's target is skipped")
    };
    let flags = &resolved.flags;
    let shown = shown();
    for (name, value) in [
        ("Build", "acme".to_owned()),
        ("Target", "64bit_linux".to_owned()),
        ("Platform", platform.to_string()),
        (
            "Provisioning Default",
            flags.provisioning.mode_default.to_string(),
        ),
        ("Provisioning TLS", flags.provisioning.secure.to_string()),
        (
            "Provisioning Facts",
            flags.provisioning.facts.clone().unwrap(),
        ),
        ("x509 Security", flags.secure.to_string()),
        ("TLS", flags.tls.to_string()),
    ] {
        assert!(
            shown.contains(&(name.to_owned(), value.clone())),
            "{name}: {value}"
        );
    }
}
