//! Any text as a buildspec, a file of company agents and a version: read or refused with places, and what is accepted keeps
//! the promises that nobody checks again.

#![no_main]

use std::io;

use buildspec::PackageVersion;
use buildspec::Problems;
use buildspec::Spec;
use buildspec::TargetChoice;
use buildspec::company_agents;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(problems) = company_agents(AGENTS, text) {
        placed(&problems, AGENTS);
    }
    if let Ok(version) = PackageVersion::new(text) {
        assert!(!version.rpm().contains('-') && !version.debian().contains('-'));
    }
    // every token costs as much as its verifier is slow
    if text.matches("Token").count() > MOST_TOKENS {
        return;
    }
    match Spec::parse(FILE, text) {
        Ok(spec) => judge(&spec),
        Err(problems) => placed(&problems, FILE),
    }
});

fn judge(spec: &Spec) {
    if let Err(problems) = spec.check(&read) {
        placed(&problems, FILE);
    }
    for build in spec.builds() {
        for target in spec.targets(build) {
            if let Ok(TargetChoice::Built(resolved, platform)) =
                spec.target_choice(build, target, &read)
            {
                assert_eq!(resolved.target.platform, Some(platform));
                assert!(spec.commands(build, target).is_ok());
            }
        }
        for key in spec.packages(build) {
            if let Err(problems) = spec.package(build, key, &read) {
                placed(&problems, FILE);
            }
        }
        let keys: Vec<&str> = spec.packages(build).collect();
        let Ok((packages, _)) = spec.package_set(build, &keys, &read) else {
            continue;
        };
        for package in packages {
            assert!((2..=31).contains(&package.name.len()) && !package.name.contains('/'));
            for folder in [&package.bindir, &package.etcdir, &package.statedir] {
                assert!(folder.starts_with('/') && !folder.contains("/../"));
            }
            let lines = [&package.contact, &package.summary, &package.url];
            for line in lines.into_iter().flatten() {
                assert!(!line.chars().any(char::is_control));
            }
        }
    }
}

fn placed(problems: &Problems, file: &str) {
    assert!(!problems.0.is_empty());
    for problem in &problems.0 {
        assert!(problem.place.file == file && problem.place.line > 0);
        assert!(!problem.to_string().is_empty());
    }
}

/// The only file there is.
fn read(path: &str) -> io::Result<String> {
    match path {
        "LICENSE" => Ok("All rights reserved.\n".to_owned()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

const FILE: &str = "buildspec.yaml";
const AGENTS: &str = "agents.yaml";
const MOST_TOKENS: usize = 4;
