//! docs/configuration.md, written from the key table and the table of the policy's fields.

use std::fmt;
use std::fmt::Write as _;

use crate::config::key::AnyKey;
use crate::config::keys;
use crate::config::policy;

/// The whole document. `tests/it/documents.rs` compares it with the file and can write it anew.
#[must_use]
pub fn reference_markdown() -> String {
    let mut page = Page(String::from(INTRODUCTION));
    for chapter in keys::CHAPTERS {
        page.line(format_args!("\n### {}\n", chapter.title));
        page.line(format_args!("| Key | Type | Default | Meaning |"));
        page.line(format_args!("|---|---|---|---|"));
        for key in chapter.rows {
            page.key(*key);
        }
    }
    page.line(format_args!("\n### Tolerated\n"));
    page.line(format_args!(
        "Keys of MCollective and of earlier releases; accepted in silence, not even checked: {}.",
        code_list(keys::LEGACY)
    ));
    page.line(format_args!(
        "\nKeys of brokers and plugins that may share the file, unless they look like a slip of the finger: {}.",
        code_list(keys::OTHER_PROGRAMS)
    ));
    page.policy();
    page.0
}

/// What the key table says of one key.
#[derive(Debug, Clone)]
pub struct KeyDocument {
    /// The key.
    pub name: &'static str,
    /// Meaning, one or two sentences.
    pub about: &'static str,
    /// The values that it takes, in words.
    pub values: String,
    /// Default as it would be written, or the rule that finds it, in words.
    pub default: Option<&'static str>,
    /// Variable of the environment that wins over the files.
    pub environment: Option<&'static str>,
}

/// Every key of the table, in the order of the document.
pub fn key_documents() -> impl Iterator<Item = KeyDocument> {
    keys::all().map(|key| {
        let spec = key.spec();
        KeyDocument {
            name: spec.name,
            about: spec.about.trim(),
            values: key.values(),
            default: spec.default.or(spec.derived),
            environment: spec.environment,
        }
    })
}

struct Page(String);

impl Page {
    fn line(&mut self, line: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }

    fn key(&mut self, key: &dyn AnyKey) {
        let spec = key.spec();
        let default = match (spec.default, spec.derived) {
            (Some(text), _) => format!("`{text}`"),
            (None, Some(words)) => words.to_owned(),
            (None, None) => String::new(),
        };
        let mut about = spec.about.trim().to_owned();
        if let Some(variable) = spec.environment {
            about.push_str(&format!(
                " `{variable}` in the environment wins over the file."
            ));
        }
        if spec.secret {
            about.push_str(" Secret: never shown.");
        }
        self.line(format_args!(
            "| `{}` | {} | {default} | {about} |",
            spec.name,
            key.values()
        ));
    }

    fn policy(&mut self) {
        self.line(format_args!("{POLICY}"));
        self.line(format_args!("| Field | Values | Default | Meaning |"));
        self.line(format_args!("|---|---|---|---|"));
        let schema = policy::schema();
        let limits = policy::LIMITS
            .iter()
            .map(|field| (field, "limits.", "/properties/limits/properties"));
        let fields = policy::FIELDS
            .iter()
            .map(|field| (field, "", "/properties"));
        for (field, prefix, place) in fields.chain(limits) {
            let default = schema
                .pointer(&format!("{place}/{}/default", field.name))
                .cloned()
                .unwrap_or_default();
            self.line(format_args!(
                "| `{prefix}{}` | {} | `{default}` | {} |",
                field.name,
                field.kind.words(),
                field.about
            ));
        }
        self.line(format_args!(
            "\nDangerous keys, refused unless `allow_dangerous_keys` names them: {}.",
            code_list(policy::DANGEROUS_KEYS)
        ));
        self.line(format_args!("\nKeys whose paths must be below `/var/log` or one of `output_directories`, or be `*.log` or `*.json` files below the configuration directory: {}.", code_list(policy::OUTPUT_KEYS)));
    }
}

fn code_list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

const INTRODUCTION: &str = include_str!("reference/introduction.md");

const POLICY: &str = include_str!("reference/policy.md");
