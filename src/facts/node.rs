//! Whether a request is for this node.
//!
//! The parts of a filter are looked at in the order identity, agent, class, fact, compound; every part that is there must
//! match, and the first that does not ends the search. The first two need nothing but names ([`may_match`]); [`Needs`] says
//! whether it is worth reading the files of the others.

use crate::facts::classes::Classes;
use crate::facts::classes::any_matches;
use crate::facts::compound::CompoundError;
use crate::facts::compound::Expression;
use crate::facts::document::Document;
use crate::facts::effort::Effort;
use crate::facts::effort::Exhausted;
use crate::facts::matching::FactError;
use crate::facts::matching::fact_matches;
use crate::facts::pattern;
use crate::facts::pattern::Case;
use crate::protocol::filter::Filter;

/// What a filter can ask about a node.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    /// Name of the node.
    pub identity: &'a str,
    /// Agents that answer here, sorted.
    pub agents: &'a [&'a str],
    /// Classes of the node.
    pub classes: &'a Classes,
    /// Facts of the node.
    pub facts: &'a Document,
}

/// Which files a filter needs to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// The classes file.
    pub classes: bool,
    /// The facts files.
    pub facts: bool,
}

/// Why a filter could not be evaluated; the node then does not match.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// A fact could not be compared.
    #[error("cannot compare a fact")]
    Fact(#[from] FactError),
    /// A compound expression could not be evaluated.
    #[error("cannot evaluate a compound expression")]
    Compound(#[from] CompoundError),
    /// A compound entry is not exactly one expression.
    #[error("a compound entry holds {found} expressions instead of one")]
    NotOneExpression {
        /// How many it holds.
        found: usize,
    },
    /// The request is used up.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
}

impl Needs {
    /// What this filter needs.
    #[must_use]
    pub const fn of(filter: &Filter) -> Self {
        let compound = !filter.compound.is_empty();
        Self {
            classes: compound || !filter.cf_class.is_empty(),
            facts: compound || !filter.fact.is_empty(),
        }
    }

    /// Whether any file is needed.
    #[must_use]
    pub const fn any(self) -> bool {
        self.classes || self.facts
    }
}

/// Whether the node can match as far as its names tell. Where this is false, no file needs to be read.
///
/// # Errors
///
/// When the filter costs more than one request may.
pub fn may_match(
    filter: &Filter,
    identity: &str,
    agents: &[&str],
    effort: &mut Effort,
) -> Result<bool, Exhausted> {
    Ok(is_one_of(&filter.identity, identity, effort)? && has_all(&filter.agent, agents, effort)?)
}

/// Whether the request is for this node.
///
/// # Errors
///
/// When a part of the filter could not be evaluated; the node then does not match.
pub fn matches(filter: &Filter, node: &Node<'_>, effort: &mut Effort) -> Result<bool, FilterError> {
    if !may_match(filter, node.identity, node.agents, effort)? {
        return Ok(false);
    }
    for class in &filter.cf_class {
        if !node.classes.contains(class, effort)? {
            return Ok(false);
        }
    }
    for fact in &filter.fact {
        if !fact_matches(node.facts, fact, effort)? {
            return Ok(false);
        }
    }
    for entry in &filter.compound {
        let [compound] = entry.as_slice() else {
            return Err(FilterError::NotOneExpression { found: entry.len() });
        };
        if !Expression::parse(&compound.expr)?.evaluate(node, effort)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether one of the wanted names is the node's; no wanted name means any node.
fn is_one_of(wanted: &[String], identity: &str, effort: &mut Effort) -> Result<bool, Exhausted> {
    for name in wanted {
        effort.spend_text(name)?;
        let found = match pattern::slashed(name) {
            Some(pattern) if pattern == identity => true,
            Some(pattern) => any_matches([identity], pattern, Case::Exact, effort)?,
            None => name == identity,
        };
        if found {
            return Ok(true);
        }
    }
    Ok(wanted.is_empty())
}

fn has_all(wanted: &[String], agents: &[&str], effort: &mut Effort) -> Result<bool, Exhausted> {
    for name in wanted {
        if !has_agent(name, agents, effort)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether an agent of this name, or one that fits this `/pattern/`, is there.
pub(super) fn has_agent(
    wanted: &str,
    agents: &[&str],
    effort: &mut Effort,
) -> Result<bool, Exhausted> {
    effort.spend_text(wanted)?;
    match pattern::slashed(wanted) {
        Some(pattern) => any_matches(agents.iter().copied(), pattern, Case::Exact, effort),
        None => Ok(agents.contains(&wanted)),
    }
}

#[cfg(test)]
mod tests;
