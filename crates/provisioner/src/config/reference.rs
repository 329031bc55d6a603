//! docs/provisioner-configuration.md, written from the table of keys.

use std::fmt;
use std::fmt::Write as _;

use crate::config::keys::Absent;
use crate::config::keys::AnyKey;
use crate::config::keys::CHAPTERS;
use crate::config::keys::retired::NOT_BUILT;
use crate::config::keys::retired::RETIRED;

/// The whole document. crates/provisioner/tests/configuration.rs compares it with the file and can write it anew.
#[must_use]
pub fn reference_markdown() -> String {
    let mut page = Page(String::from(INTRODUCTION));
    for chapter in &CHAPTERS {
        page.line(format_args!("\n### {}\n", chapter.title));
        page.line(format_args!("| Key | Values | Default | Meaning |"));
        page.line(format_args!("|---|---|---|---|"));
        for key in chapter.keys {
            page.key(*key);
        }
    }
    page.line(format_args!("{WITHOUT_EFFECT}"));
    page.line(format_args!("| Key | Why |"));
    page.line(format_args!("|---|---|"));
    for key in &RETIRED {
        page.line(format_args!("| `{}` | {} |", key.name, key.why));
    }
    page.line(format_args!("{NOT_YET}"));
    page.line(format_args!("| Key | What to do |"));
    page.line(format_args!("|---|---|"));
    for key in &NOT_BUILT {
        page.line(format_args!("| `{}` | {} |", key.name, key.advice));
    }
    page.0
}

struct Page(String);

impl Page {
    fn line(&mut self, line: fmt::Arguments<'_>) {
        // writing to a string cannot fail
        let _ = writeln!(self.0, "{line}");
    }

    fn key(&mut self, key: &dyn AnyKey) {
        let default = match key.absent() {
            Absent::Value("") => "empty".to_owned(),
            Absent::Value(text) => format!("`{text}`"),
            Absent::Rule(words) => words.to_owned(),
        };
        self.line(format_args!(
            "| `{}` | {} | {default} | {} |",
            key.name(),
            key.values(),
            key.about()
        ));
    }
}

const INTRODUCTION: &str = include_str!("reference/introduction.md");

const WITHOUT_EFFECT: &str = "\n## Keys without effect\n\nKeys of the reference that are accepted with a warning, so that its files can be used as they are.\n";

const NOT_YET: &str = "\n## Not built\n\nFeatures of the reference that this version does not have. `false` is accepted, `true` is an error.\n";
