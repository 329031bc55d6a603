//! A policy that was read, and what it says about a request.
//!
//! The first rule whose columns all match decides, from the top; the default decides when none does. Facts and classes are
//! looked at only once caller and action match. A rule that cannot be evaluated (a fact that cannot be compared as it is
//! asked, too much work) ends the search: what it would have said is unknown, so the request is denied.

use regex::Regex;

use super::groups::Groups;
use super::lines::LineError;
use super::lines::PolicyError;
use crate::facts;
use crate::facts::Classes;
use crate::facts::Document;
use crate::facts::Effort;
use crate::facts::FilterError;
use crate::facts::compound::Expression;
use crate::protocol::filter::Filter;

/// The rules for an agent.
#[derive(Debug, Default)]
pub struct Policy {
    pub(super) default: Option<Verdict>,
    pub(super) rules: Vec<Rule>,
}

/// What a rule or default says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The action may run.
    Allow,
    /// It may not.
    Deny,
}

/// What is asked of a policy.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who asks, the whole caller id.
    pub caller: &'a str,
    /// The action to run.
    pub action: &'a str,
    /// The groups of the node.
    pub groups: &'a Groups,
    /// Its facts.
    pub facts: &'a Document,
    /// Its classes.
    pub classes: &'a Classes,
}

/// What a policy says, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// The rule on a line decides.
    Rule {
        /// The line, from 1.
        line: usize,
        /// What it says.
        verdict: Verdict,
    },
    /// No rule matches, the `policy default` of the file decides.
    Default(Verdict),
    /// No rule matches and the file has no default.
    Undecided,
}

/// A rule that the request reaches cannot be evaluated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the rule on line {line} cannot be evaluated")]
pub struct JudgeError {
    /// The line, from 1.
    pub line: usize,
    /// Why not.
    #[source]
    pub err: FilterError,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) line: usize,
    pub(super) verdict: Verdict,
    pub(super) callers: Callers,
    pub(super) actions: Actions,
    pub(super) condition: Condition,
}

#[derive(Debug)]
pub(super) enum Callers {
    Any,
    Of(Vec<Caller>),
}

#[derive(Debug)]
pub(super) enum Caller {
    /// A caller id, `kind=name`.
    Id(String),
    /// A group, or a caller id of another form.
    Name(String),
    /// A pattern on caller ids.
    Pattern(Regex),
}

#[derive(Debug)]
pub(super) enum Actions {
    Any,
    Of(Vec<String>),
}

/// What must be so on the node: all of it.
#[derive(Debug, Default)]
pub(super) struct Condition {
    pub(super) filter: Filter,
    pub(super) statements: Vec<Expression>,
}

impl Policy {
    /// What the policy says.
    ///
    /// # Errors
    ///
    /// [`JudgeError`] when a rule that the request reaches cannot be evaluated; the request is to be denied then.
    pub fn judge(
        &self,
        question: &Question<'_>,
        effort: &mut Effort,
    ) -> Result<Ruling, JudgeError> {
        for rule in &self.rules {
            let matches = rule.matches(question, effort);
            let line = rule.line;
            if matches.map_err(|err| JudgeError { line, err })? {
                let verdict = rule.verdict;
                return Ok(Ruling::Rule { line, verdict });
            }
        }
        Ok(self.default.map_or(Ruling::Undecided, Ruling::Default))
    }

    /// Whether a rule asks for facts or classes.
    #[must_use]
    pub fn needs_node(&self) -> bool {
        self.rules.iter().any(|rule| !rule.condition.is_empty())
    }

    /// Whether a rule names what may be a group.
    #[must_use]
    pub fn needs_groups(&self) -> bool {
        self.names().next().is_some()
    }

    /// Checks that every `deny` names only groups that are there. In an `allow` such a name lets nobody in, so it is no
    /// error; [`Self::unknown_groups`] lists it.
    ///
    /// # Errors
    ///
    /// [`LineError::UnknownGroup`] with its line.
    pub fn check_groups(&self, groups: &Groups) -> Result<(), PolicyError> {
        let unknown = self
            .names()
            .find(|(rule, name)| rule.verdict == Verdict::Deny && !groups.has(name));
        unknown.map_or(Ok(()), |(rule, name)| {
            let name = name.to_owned();
            Err(PolicyError::line(
                rule.line,
                LineError::UnknownGroup { name },
            ))
        })
    }

    /// The names, with their lines, that are neither groups nor of the form of a caller id.
    #[must_use]
    pub fn unknown_groups(&self, groups: &Groups) -> Vec<(usize, &str)> {
        self.names()
            .filter(|(_, name)| !groups.has(name))
            .map(|(rule, name)| (rule.line, name))
            .collect()
    }

    fn names(&self) -> impl Iterator<Item = (&Rule, &str)> {
        self.rules.iter().flat_map(|rule| {
            let callers = match &rule.callers {
                Callers::Any => &[],
                Callers::Of(callers) => callers.as_slice(),
            };
            callers.iter().filter_map(move |caller| match caller {
                Caller::Name(name) => Some((rule, name.as_str())),
                Caller::Id(_) | Caller::Pattern(_) => None,
            })
        })
    }
}

impl Rule {
    fn matches(&self, question: &Question<'_>, effort: &mut Effort) -> Result<bool, FilterError> {
        let caller = match &self.callers {
            Callers::Any => true,
            Callers::Of(callers) => callers.iter().any(|caller| caller.is(question)),
        };
        let action = match &self.actions {
            Actions::Any => true,
            Actions::Of(actions) => actions.iter().any(|action| action == question.action),
        };
        Ok(caller && action && self.condition.holds(question, effort)?)
    }
}

impl Caller {
    fn is(&self, question: &Question<'_>) -> bool {
        let caller = question.caller;
        match self {
            Self::Id(id) => id == caller,
            Self::Name(name) => name == caller || question.groups.holds(name, caller),
            Self::Pattern(pattern) => pattern.is_match(caller),
        }
    }
}

impl Condition {
    const fn is_empty(&self) -> bool {
        self.filter.fact.is_empty() && self.filter.cf_class.is_empty() && self.statements.is_empty()
    }

    fn holds(&self, question: &Question<'_>, effort: &mut Effort) -> Result<bool, FilterError> {
        let node = facts::Node {
            identity: "",
            // a word of a policy is never the name of an agent
            agents: &[],
            classes: question.classes,
            facts: question.facts,
        };
        if !facts::matches(&self.filter, &node, effort)? {
            return Ok(false);
        }
        for statement in &self.statements {
            if !statement.evaluate(&node, effort)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
