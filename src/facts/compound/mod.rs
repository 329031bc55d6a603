//! Compound expressions: `with('apache') and fact('os.release') >= 12`.
//!
//! The language is the part of expr-lang (1.17) that spec 03 §7.5 names, closed: what is not listed here is an error, and an
//! error means that the node does not match.
//!
//! - Literals: whole and decimal numbers, text in single, double or back quotes, `true`, `false`, `nil`, `[…]`, `{…: …}`;
//!   comments `//` and `/* */`.
//! - Operators, tightest first: `??`, `**` `^`, sign, `* / %`, `not` `!`, `+ -`, `..`, comparisons (they chain) with `in`
//!   `matches` `contains` `startsWith` `endsWith` and their `not` forms, `and` `&&`, `or` `||`, `?:`. Note that `not a == b`
//!   is `(not a) == b`, as in expr-lang.
//! - `a.b`, `a?.b`, `a[0]`, `a[-1]`, `a["b"]`, `a[1:3]`.
//! - Variables `agents`, `classes`, `facts`; any other name is `nil`.
//! - `with(text)`, `fact(path)`, `include(list, value)`, `semver(version, constraint)`.
//! - `all any one none filter map count find` with a predicate (`{# > 1}`, `.name == "x"`),
//!   `len lower upper trim trimPrefix trimSuffix hasPrefix hasSuffix split join int float string abs type keys values first
//!   last get`.
//!
//! A text is read completely before any of it is evaluated, its nesting is bounded, and every step and every value made is
//! paid for. The result must be a boolean.

mod ast;
mod builtins;
mod eval;
mod lexer;
mod operators;
mod parser;
mod precedence;
mod value;
mod version;

use crate::facts::compound::ast::Expr;
use crate::facts::compound::eval::Evaluator;
use crate::facts::effort::Effort;
use crate::facts::effort::Exhausted;
use crate::facts::matching::FactError;
use crate::facts::node::Node;
use crate::facts::path::PathError;
use crate::facts::pattern::PatternError;

/// A compound expression that was read.
#[derive(Debug, PartialEq)]
pub struct Expression(Expr);

/// Why an expression has no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CompoundError {
    /// The text is longer than any that is needed.
    #[error("the expression is longer than {MAX_TEXT} bytes")]
    TooLong,
    /// The expression is nested more deeply than any that is needed.
    #[error("the expression is nested too deeply")]
    TooDeep,
    /// The text is no expression.
    #[error("{problem} at character {at}")]
    Syntax {
        /// Where, counted from 0.
        at: usize,
        /// What is wrong there.
        problem: &'static str,
    },
    /// A function that is not known here.
    #[error("there is no function {name:?}")]
    UnknownFunction {
        /// Its name.
        name: String,
    },
    /// A function with too few or too many arguments.
    #[error("{function} does not take {given} arguments")]
    Arguments {
        /// Its name.
        function: &'static str,
        /// How many it was given.
        given: usize,
    },
    /// An operation on a kind of value that it is not made for.
    #[error("{operation} cannot be used on {found}")]
    Type {
        /// The operation.
        operation: &'static str,
        /// Kind of the value.
        found: &'static str,
    },
    /// A number that is too large, or a division by zero.
    #[error("{operation} has no result within the range of numbers")]
    Arithmetic {
        /// The operation.
        operation: &'static str,
    },
    /// A place that the list does not have.
    #[error("the list has no element {index}")]
    OutOfRange {
        /// The place.
        index: i64,
    },
    /// A text that is no version or no constraint.
    #[error("{text:?} is no version or constraint")]
    Version {
        /// The text, shortened.
        text: String,
    },
    /// A pattern that is none.
    #[error("cannot match a pattern")]
    Pattern(#[source] PatternError),
    /// A path that is unreasonable.
    #[error("cannot look for a fact")]
    Path(#[source] PathError),
    /// A fact that cannot be compared.
    #[error("cannot compare a fact")]
    Fact(#[source] FactError),
    /// The result is not a boolean.
    #[error("the result is {found} instead of a boolean")]
    NotBoolean {
        /// What it is.
        found: &'static str,
    },
    /// The request is used up.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// When the text is no expression of this language.
    pub fn parse(text: &str) -> Result<Self, CompoundError> {
        if text.len() > MAX_TEXT {
            return Err(CompoundError::TooLong);
        }
        parser::parse(lexer::tokens(text)?).map(Self)
    }

    /// Whether the expression holds for a node.
    ///
    /// # Errors
    ///
    /// When it has no result, or one that is no boolean.
    pub fn evaluate(&self, node: &Node<'_>, effort: &mut Effort) -> Result<bool, CompoundError> {
        Evaluator::new(node, effort).truth(&self.0)
    }
}

impl From<PatternError> for CompoundError {
    fn from(err: PatternError) -> Self {
        match err {
            PatternError::Exhausted(err) => Self::Exhausted(err),
            PatternError::TooLong | PatternError::Invalid => Self::Pattern(err),
        }
    }
}

impl From<PathError> for CompoundError {
    fn from(err: PathError) -> Self {
        match err {
            PathError::Exhausted(err) => Self::Exhausted(err),
            PathError::TooLong | PathError::TooDeep => Self::Path(err),
        }
    }
}

impl From<FactError> for CompoundError {
    fn from(err: FactError) -> Self {
        match err {
            FactError::Exhausted(err) => Self::Exhausted(err),
            FactError::Path { .. } | FactError::NotOrdered { .. } | FactError::NotNumber { .. } => {
                Self::Fact(err)
            }
        }
    }
}

const MAX_TEXT: usize = 16 * 1024;

#[cfg(test)]
mod tests;
