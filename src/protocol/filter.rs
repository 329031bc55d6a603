//! Which nodes a request is for, as it stands on the wire (spec 01 §1.8). How a node matches it is in `facts`.

use serde::Deserialize;
use serde::Serialize;

use super::strict;

/// The filter of a request. All five lists are always written, an empty filter matches every node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Conditions on facts; all must hold.
    #[serde(deserialize_with = "strict::objects")]
    pub fact: Vec<FactFilter>,
    /// Classes; all must be there.
    pub cf_class: Vec<String>,
    /// Agents; all must be there.
    #[serde(default)]
    pub agent: Vec<String>,
    /// Identities; one must be the node's.
    pub identity: Vec<String>,
    /// Compound expressions; all must hold. Each inner list has one element.
    #[serde(deserialize_with = "strict::lists")]
    pub compound: Vec<Vec<CompoundFilter>>,
}

/// One condition on a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactFilter {
    /// Path of the fact.
    pub fact: String,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with.
    pub value: String,
}

/// How a fact is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// `==`
    #[serde(rename = "==")]
    Equal,
    /// `!=`
    #[serde(rename = "!=")]
    NotEqual,
    /// `=~`
    #[serde(rename = "=~")]
    Matches,
    /// `<`
    #[serde(rename = "<")]
    Less,
    /// `<=`
    #[serde(rename = "<=")]
    LessOrEqual,
    /// `>`
    #[serde(rename = ">")]
    Greater,
    /// `>=`
    #[serde(rename = ">=")]
    GreaterOrEqual,
}

impl Operator {
    /// The operator as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// One compound expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompoundFilter {
    /// The expression (spec 03 §7.5).
    pub expr: String,
}

impl Filter {
    /// Whether the filter asks nothing of a node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fact.is_empty()
            && self.cf_class.is_empty()
            && self.agent.is_empty()
            && self.identity.is_empty()
            && self.compound.is_empty()
    }
}
