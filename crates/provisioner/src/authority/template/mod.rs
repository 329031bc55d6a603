//! The template: what the built-in authority makes of a node. Pure.
//!
//! A TOML file. `[configuration]` holds the node's settings, with placeholders for what differs from node to node;
//! `[[when]]` blocks, in their order, override them for the nodes that they are about; `[[defer]]` blocks make a node wait
//! until its facts say something. What a node tells about itself goes into a setting as it is, so every value is checked:
//! one line, printable, of a bounded length. A node whose facts do not do is not configured at all, it waits and its
//! message says for what.

use std::collections::BTreeMap;

use muster::facts::Document;
use muster::facts::Effort;
use muster::facts::FactError;
use muster::facts::fact_matches;
use muster::protocol::filter::FactFilter;
use muster::protocol::names::Identity;
use regex::Regex;

use crate::vetting::names::shown;

mod expression;
mod fault;
mod load;

use expression::Expression;
pub use fault::TemplateError;
pub use fault::TemplateFault;

/// A template that was read and checked.
#[derive(Debug, Clone)]
pub struct Template {
    base: Section,
    overrides: Vec<Override>,
    rules: Vec<Rule>,
}

/// Settings by key.
type Section = BTreeMap<String, Expression>;

/// A `[[when]]` block.
#[derive(Debug, Clone)]
struct Override {
    facts: Vec<Condition>,
    identities: Vec<Regex>,
    section: Section,
}

/// A `[[defer]]` block.
#[derive(Debug, Clone)]
struct Rule {
    unless: Vec<Condition>,
    message: String,
}

/// A condition on a fact, and how it was written.
#[derive(Debug, Clone)]
struct Condition {
    text: String,
    filter: FactFilter,
}

/// What a template can know of a node.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Its identity.
    pub identity: &'a Identity,
    /// Where it keeps its certificates; nothing where it did not say.
    pub ssldir: Option<&'a str>,
    /// What it told about itself.
    pub facts: &'a Document,
}

/// What a node becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Its configuration.
    pub configuration: BTreeMap<String, String>,
    /// Its new name, where the template gives it one.
    pub renamed: Option<Identity>,
}

/// Why a node has to wait. The text is the message of the deferral.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotYet {
    /// A `[[defer]]` block says so.
    #[error("{message}")]
    Rule {
        /// Its message.
        message: String,
    },
    /// A fact that a setting needs.
    #[error("the node has no fact {fact}, which the setting {key} needs")]
    NoFact {
        /// The fact.
        fact: String,
        /// The setting.
        key: String,
    },
    /// A fact that is a list, a map or nothing.
    #[error("the node's fact {fact}, which the setting {key} needs, is no text, number or boolean")]
    NoValue {
        /// The fact.
        fact: String,
        /// The setting.
        key: String,
    },
    /// The node did not say where it keeps its certificates.
    #[error("the node named no directory of certificates, which the setting {key} needs")]
    NoSslDir {
        /// The setting.
        key: String,
    },
    /// Control characters: a line end would begin another setting.
    #[error("the setting {key} would have a control character in it")]
    Unprintable {
        /// The setting.
        key: String,
    },
    /// A value that is too long.
    #[error("the setting {key} would be longer than {LONGEST} bytes")]
    TooLong {
        /// The setting.
        key: String,
    },
    /// The new identity is none.
    #[error("{:?} would be the node's identity and is no name", shown(name))]
    NoName {
        /// What came out.
        name: String,
    },
    /// A condition that cannot be judged.
    #[error("the condition {condition:?} of the template cannot be judged: {err}")]
    Condition {
        /// The condition.
        condition: String,
        /// Why.
        err: FactError,
    },
}

impl Template {
    /// Reads a template; `path` is for messages.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] with the line of whatever is wrong.
    pub fn parse(path: &str, text: &str) -> Result<Self, TemplateError> {
        load::template(path, text)
    }

    /// What becomes of a node.
    ///
    /// # Errors
    ///
    /// [`NotYet`] says what the node waits for.
    pub fn fill(&self, subject: &Subject<'_>) -> Result<Filled, NotYet> {
        // the work of all conditions together is bounded: the facts are the node's
        let mut effort = Effort::of_request();
        for rule in &self.rules {
            if !all_hold(&rule.unless, subject, &mut effort)? {
                return Err(NotYet::Rule {
                    message: rule.message.clone(),
                });
            }
        }
        let mut section: BTreeMap<&str, &Expression> = view(&self.base).collect();
        for block in &self.overrides {
            if block.is_about(subject, &mut effort)? {
                section.extend(view(&block.section));
            }
        }
        let mut configuration = BTreeMap::new();
        for (key, expression) in section {
            let value = expression.fill(key, subject, &mut effort)?;
            let value = value.trim();
            check(key, value)?;
            // the file of a node has no way to write an empty value
            if !value.is_empty() {
                configuration.insert(key.to_owned(), value.to_owned());
            }
        }
        configuration
            .entry(PROVISION.to_owned())
            .or_insert_with(|| "false".to_owned());
        let renamed = match configuration.get(IDENTITY) {
            Some(name) => Some(
                Identity::new(name.as_str()).map_err(|_| NotYet::NoName { name: name.clone() })?,
            ),
            None => None,
        };
        Ok(Filled {
            configuration,
            renamed: renamed.filter(|name| name != subject.identity),
        })
    }
}

impl Override {
    fn is_about(&self, subject: &Subject<'_>, effort: &mut Effort) -> Result<bool, NotYet> {
        let name = subject.identity.as_str();
        let named = self.identities.is_empty()
            || self.identities.iter().any(|pattern| pattern.is_match(name));
        Ok(named && all_hold(&self.facts, subject, effort)?)
    }
}

fn view(section: &Section) -> impl Iterator<Item = (&str, &Expression)> {
    section
        .iter()
        .map(|(key, expression)| (key.as_str(), expression))
}

fn all_hold(
    conditions: &[Condition],
    subject: &Subject<'_>,
    effort: &mut Effort,
) -> Result<bool, NotYet> {
    for condition in conditions {
        let holds = fact_matches(subject.facts, &condition.filter, effort);
        if !holds.map_err(|err| NotYet::Condition {
            condition: condition.text.clone(),
            err,
        })? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn check(key: &str, value: &str) -> Result<(), NotYet> {
    let key = || key.to_owned();
    if value.chars().any(char::is_control) {
        return Err(NotYet::Unprintable { key: key() });
    }
    if value.len() > LONGEST {
        return Err(NotYet::TooLong { key: key() });
    }
    Ok(())
}

/// The setting that keeps a node from waiting again.
const PROVISION: &str = "plugin.choria.server.provision";
/// The setting that gives a node another name.
const IDENTITY: &str = "identity";
/// Longest value of a setting, in bytes.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests;
