//! `tool config`: what settings mean, and which are in effect (spec 03 §1.6).

use std::io;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use regex::Regex;

use crate::build_info::BuildInfo;
use crate::cli::error::CliError;
use crate::config::Effective;
use crate::config::KeyDocument;
use crate::config::Row;
use crate::config::key_documents;
use crate::operator::configuration;
use crate::operator::configuration::Loaded;
use crate::report::Exit;

#[derive(Debug, Args)]
pub(in crate::cli) struct ConfigArgs {
    /// Explain the settings whose names match this regular expression
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// Print the names only
    #[arg(long, short)]
    list: bool,
    /// Configuration file, instead of the first that is found: a node's or an operator's
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Why there is nothing to explain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::cli) enum NoSuchKey {
    /// No key of that name.
    #[error("no configuration keys declared matching {pattern:?}")]
    Unknown {
        /// What was asked for.
        pattern: String,
    },
    /// Not a regular expression.
    #[error("{pattern:?} is no regular expression")]
    Pattern {
        /// What was asked for.
        pattern: String,
        /// Why.
        #[source]
        err: Box<regex::Error>,
    },
}

impl NoSuchKey {
    /// The exit code that says so.
    pub(in crate::cli) const fn exit(&self) -> Exit {
        match self {
            Self::Unknown { .. } => Exit::Negative,
            Self::Pattern { .. } => Exit::Usage,
        }
    }
}

pub(super) fn run(
    args: &ConfigArgs,
    build: &BuildInfo,
    out: &mut dyn Write,
) -> Result<Exit, CliError> {
    if args.list {
        for key in matching(args.key.as_deref().unwrap_or_default())? {
            writeln!(out, "{}", key.name)?;
        }
        return Ok(Exit::Ok);
    }
    let keys = args.key.as_deref().map(matching).transpose()?;
    let loaded = configuration::load(args.config.as_deref())?;
    let resolved = loaded.resolve(build);
    let effective = resolved.as_ref().ok().map(|resolved| &resolved.effective);
    match keys {
        None => {
            overview(&loaded, out)?;
            if let Ok(resolved) = &resolved {
                for warning in &resolved.warnings {
                    writeln!(out, "warning: {warning}")?;
                }
                write!(out, "\n{}", resolved.effective)?;
            }
        }
        Some(keys) => {
            for key in keys {
                explain(&key, effective, out)?;
            }
        }
    }
    // the meaning of a key is what its author needs most when its value is wrong, so that comes first
    resolved?;
    Ok(Exit::Ok)
}

fn matching(pattern: &str) -> Result<Vec<KeyDocument>, NoSuchKey> {
    let name = Regex::new(pattern).map_err(|err| NoSuchKey::Pattern {
        pattern: pattern.to_owned(),
        err: Box::new(err),
    })?;
    let keys: Vec<_> = key_documents()
        .filter(|key| name.is_match(key.name))
        .collect();
    if keys.is_empty() {
        return Err(NoSuchKey::Unknown {
            pattern: pattern.to_owned(),
        });
    }
    Ok(keys)
}

/// Which files there are, the later over the earlier.
fn overview(loaded: &Loaded, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Files, the later over the earlier:\n")?;
    for file in &loaded.files {
        writeln!(out, "  {}", file.display())?;
    }
    if loaded.files.is_empty() {
        writeln!(out, "  none")?;
    }
    writeln!(out)?;
    for refused in &loaded.refused {
        writeln!(out, "warning: {refused}")?;
    }
    Ok(())
}

fn explain(
    key: &KeyDocument,
    effective: Option<&Effective>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}\n", key.name)?;
    for line in wrapped(key.about) {
        writeln!(out, "    {line}")?;
    }
    writeln!(out)?;
    let row: Option<&Row> =
        effective.and_then(|effective| effective.rows().iter().find(|row| row.key == key.name));
    let lines = [
        ("Value", row.map(Row::text)),
        ("From", row.map(|row| row.origin.to_string())),
        ("Type", Some(key.values.replace('`', ""))),
        ("Default", key.default.map(str::to_owned)),
        ("Environment", key.environment.map(str::to_owned)),
        ("Standing", row.map(|row| row.standing.to_string())),
    ];
    for (label, value) in lines {
        if let Some(value) = value {
            writeln!(out, "    {label:>11}: {value}")?;
        }
    }
    writeln!(out)
}

/// Lines of at most [`WIDTH`] characters, broken between words.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

const WIDTH: usize = 76;

#[cfg(test)]
mod tests;
