//! What an expression consists of. It may be kept and shared between threads, as policies are.

use std::sync::Arc;

/// An expression and how deeply it is nested.
#[derive(Debug, PartialEq)]
pub(super) struct Expr {
    pub(super) kind: Kind,
    height: usize,
}

/// The kinds of expressions.
#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    /// `nil`
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// `"text"`
    Text(Arc<str>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{a: b}`
    Map(Vec<(Expr, Expr)>),
    /// `agents`, `classes`, `facts`, or a name that is not known
    Variable(Variable),
    /// `#`
    Element,
    /// `not a`
    Not(Box<Expr>),
    /// `-a`, `+a`
    Sign(Sign, Box<Expr>),
    /// `a and b and c`
    And(Vec<Expr>),
    /// `a or b or c`
    Or(Vec<Expr>),
    /// `a ?? b`
    Coalesce(Box<Expr>, Box<Expr>),
    /// `a + b`
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// `a < b <= c`
    Order(Box<Expr>, Vec<(Order, Expr)>),
    /// `a ? b : c`; without `b` it is `a ?: c`
    Conditional(Box<Expr>, Option<Box<Expr>>, Box<Expr>),
    /// `a.b`, `a[b]`; what is `optional` ends its [`Kind::Chain`] when `a` is `nil`
    Member {
        of: Box<Expr>,
        key: Box<Expr>,
        optional: Optional,
    },
    /// `a[b:c]`
    Slice {
        of: Box<Expr>,
        from: Option<Box<Expr>>,
        to: Option<Box<Expr>>,
    },
    /// The whole of `a?.b.c`
    Chain(Box<Expr>),
    /// `name(a, b)`
    Call(Function, Vec<Expr>),
    /// `any(list, {predicate})`
    Loop(Loop, Box<Expr>, Option<Box<Expr>>),
}

/// Whether `nil` is allowed to the left of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Optional {
    Yes,
    No,
}

/// The names that mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    Agents,
    Classes,
    Facts,
    Unknown,
}

/// A sign in front of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Minus,
    Plus,
}

/// Operators between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Equal,
    NotEqual,
    In,
    Matches,
    Contains,
    StartsWith,
    EndsWith,
    Range,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// Comparisons by order, which chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Functions that evaluate a predicate for each element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loop {
    All,
    Any,
    One,
    None,
    Filter,
    Map,
    Count,
    Find,
}

/// Functions of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    With,
    Fact,
    Include,
    Semver,
    Len,
    Lower,
    Upper,
    Trim,
    TrimPrefix,
    TrimSuffix,
    HasPrefix,
    HasSuffix,
    Split,
    Join,
    Int,
    Float,
    Text,
    Abs,
    Type,
    Keys,
    Values,
    First,
    Last,
    Get,
}

impl Expr {
    /// An expression of this kind, if it is not nested too deeply. Loops of the parser make deep trees without deep calls,
    /// and evaluating or dropping such a tree would be as deep as the tree.
    pub(super) fn new(kind: Kind) -> Option<Self> {
        let height = kind.height() + 1;
        (height <= MAX_HEIGHT).then_some(Self { kind, height })
    }
}

impl Kind {
    /// Height of the highest part.
    fn height(&self) -> usize {
        match self {
            Self::Nil
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Variable(_)
            | Self::Element => 0,
            Self::List(parts) | Self::And(parts) | Self::Or(parts) | Self::Call(_, parts) => {
                highest(parts)
            }
            Self::Map(pairs) => highest(pairs.iter().flat_map(|(key, value)| [key, value])),
            Self::Not(part) | Self::Sign(_, part) | Self::Chain(part) => part.height,
            Self::Coalesce(left, right) | Self::Binary(_, left, right) => {
                left.height.max(right.height)
            }
            Self::Order(first, rest) => {
                first.height.max(highest(rest.iter().map(|(_, part)| part)))
            }
            Self::Conditional(condition, then, otherwise) => highest(
                [condition.as_ref(), otherwise.as_ref()]
                    .into_iter()
                    .chain(then.as_deref()),
            ),
            Self::Member { of, key, .. } => of.height.max(key.height),
            Self::Slice { of, from, to } => highest(
                [of.as_ref()]
                    .into_iter()
                    .chain(from.as_deref())
                    .chain(to.as_deref()),
            ),
            Self::Loop(_, list, predicate) => {
                highest([list.as_ref()].into_iter().chain(predicate.as_deref()))
            }
        }
    }
}

fn highest<'e>(parts: impl IntoIterator<Item = &'e Expr>) -> usize {
    parts.into_iter().map(|part| part.height).max().unwrap_or(0)
}

impl Loop {
    /// The function of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "all" => Self::All,
            "any" => Self::Any,
            "one" => Self::One,
            "none" => Self::None,
            "filter" => Self::Filter,
            "map" => Self::Map,
            "count" => Self::Count,
            "find" => Self::Find,
            _ => return None,
        })
    }
}

impl Function {
    /// Name, fewest and most arguments.
    pub(super) const fn signature(self) -> (&'static str, usize, usize) {
        match self {
            Self::With => ("with", 1, 1),
            Self::Fact => ("fact", 1, 1),
            Self::Include => ("include", 2, 2),
            Self::Semver => ("semver", 2, 2),
            Self::Len => ("len", 1, 1),
            Self::Lower => ("lower", 1, 1),
            Self::Upper => ("upper", 1, 1),
            Self::Trim => ("trim", 1, 2),
            Self::TrimPrefix => ("trimPrefix", 2, 2),
            Self::TrimSuffix => ("trimSuffix", 2, 2),
            Self::HasPrefix => ("hasPrefix", 2, 2),
            Self::HasSuffix => ("hasSuffix", 2, 2),
            Self::Split => ("split", 2, 2),
            Self::Join => ("join", 1, 2),
            Self::Int => ("int", 1, 1),
            Self::Float => ("float", 1, 1),
            Self::Text => ("string", 1, 1),
            Self::Abs => ("abs", 1, 1),
            Self::Type => ("type", 1, 1),
            Self::Keys => ("keys", 1, 1),
            Self::Values => ("values", 1, 1),
            Self::First => ("first", 1, 1),
            Self::Last => ("last", 1, 1),
            Self::Get => ("get", 2, 2),
        }
    }

    /// The function of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        FUNCTIONS
            .into_iter()
            .find(|function| function.signature().0 == name)
    }
}

const MAX_HEIGHT: usize = 128;

const FUNCTIONS: [Function; 24] = [
    Function::With,
    Function::Fact,
    Function::Include,
    Function::Semver,
    Function::Len,
    Function::Lower,
    Function::Upper,
    Function::Trim,
    Function::TrimPrefix,
    Function::TrimSuffix,
    Function::HasPrefix,
    Function::HasSuffix,
    Function::Split,
    Function::Join,
    Function::Int,
    Function::Float,
    Function::Text,
    Function::Abs,
    Function::Type,
    Function::Keys,
    Function::Values,
    Function::First,
    Function::Last,
    Function::Get,
];
