//! The manual pages of the packager, docs/man/muster-packager*.1.
//! `MUSTER_BLESS=1 cargo test -p muster-packager --test manual` writes them anew.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "../../../tests/it/documents/pages.rs"]
mod pages;

use std::collections::BTreeSet;
use std::io;

use clap_mangen::roff::Roff;
use muster::report::Exit;

use pages::entry;

fn all() -> Vec<(String, String)> {
    pages::pages(muster_packager::cli::command(), &shared()).unwrap()
}

fn shared() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (exit, when) in EXITS {
        entry(&mut roff, &exit.code().to_string(), when);
    }
    roff.control("SH", ["FILES"]);
    for (file, about) in FILES {
        entry(&mut roff, file, about);
    }
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, about) in VARIABLES {
        entry(&mut roff, name, about);
    }
    roff
}

const EXITS: [(Exit, &str); 10] = [
    (Exit::Ok, "Done. Also: the reader of the output went away."),
    (Exit::Negative, "The packages that were compared differ."),
    (
        Exit::Usage,
        "Arguments that cannot be understood; a version, revision or date that is none; a binary for a target that is not made.",
    ),
    (
        Exit::Data,
        "A binary, package or key that cannot be used, a package that cannot be made, a program that does not compile, a command of the buildspec that failed; nothing to make.",
    ),
    (
        Exit::NoInput,
        "A file or folder that was named cannot be read; no sources, or no buildspec.",
    ),
    (
        Exit::Unavailable,
        "Compilers are not installed; which, and how to install them, is said.",
    ),
    (
        Exit::CannotCreate,
        "The output folder or a file in it cannot be written.",
    ),
    (Exit::Io, "The output cannot be written."),
    (
        Exit::TempFail,
        "Ask again: another run writes to the same folder.",
    ),
    (
        Exit::Config,
        "The buildspec or the list of the company's agents is wrong. Every mistake is told, with file and line.",
    ),
];

const FILES: [(&str, &str); 4] = [
    (
        "buildspec.yaml",
        "The builds, their compile targets and their packages. The one in the sources explains every key.",
    ),
    (
        "packaging/agents.yaml",
        "Beside the buildspec: the agents of the company, which are built into its program.",
    ),
    (
        "packaging/agents.lock",
        "Beside it: the versions of the crates that these agents use.",
    ),
    (
        "dist/SHA256SUMS",
        "The digests of what the last run made, for sha256sum --check.",
    ),
];

const VARIABLES: [(&str, &str); 9] = [
    ("BUILD", "As --build."),
    ("PACKAGES", "As --package."),
    ("VERSION", "As --version."),
    ("SHA1", "As --revision."),
    ("SOURCE_DATE_EPOCH", "As --date."),
    ("ARTIFACTS", "As --output."),
    ("BUILD_CACHE", "As --cache."),
    ("CARGO_TARGET_DIR", "As --work."),
    (
        "MUSTER_BUILDSPEC",
        "As --buildspec. Options outrank variables, and a variable that is empty is none.",
    ),
];

#[test]
fn the_manual_pages_are_current() -> io::Result<()> {
    pages::compare(&all(), |name| name.starts_with("muster-packager"))
}

#[test]
fn the_manual_pages_are_what_a_formatter_expects() -> io::Result<()> {
    pages::judge(&all())
}

#[test]
fn every_variable_of_the_arguments_is_documented() {
    let mut variables = BTreeSet::new();
    for command in muster_packager::cli::command().get_subcommands() {
        for argument in command.get_arguments() {
            variables.extend(
                argument
                    .get_env()
                    .map(|name| name.to_str().unwrap().to_owned()),
            );
        }
    }
    let documented: BTreeSet<String> = VARIABLES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(variables, documented);
}
