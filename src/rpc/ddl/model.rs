//! The description of an agent as it stands in JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

/// Description of an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ddl {
    /// Address of the schema.
    #[serde(rename = "$schema", default = "schema")]
    pub schema: String,
    /// What the agent is.
    pub metadata: Metadata,
    /// What it can do.
    pub actions: Vec<Action>,
}

impl Ddl {
    /// The action of that name.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.action == name)
    }

    /// The document as indented JSON with a newline at its end.
    #[must_use]
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What an agent is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Name of the agent.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who made it.
    #[serde(default)]
    pub author: String,
    /// Its licence.
    #[serde(default)]
    pub license: String,
    /// Version of its interface.
    #[serde(default)]
    pub version: String,
    /// Where to read more.
    #[serde(default)]
    pub url: String,
    /// How long an action may take, in seconds.
    #[serde(default)]
    pub timeout: u64,
    /// What executes the agent on a node, when it is not built in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// Whether one node of all that have the agent answers a request, instead of each.
    #[serde(default, skip_serializing_if = "is_false")]
    pub service: bool,
}

/// What an agent can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Name of the action.
    pub action: String,
    /// What it does.
    #[serde(default)]
    pub description: String,
    /// Which replies are shown.
    #[serde(default)]
    pub display: Display,
    /// What it takes.
    #[serde(default)]
    pub input: BTreeMap<String, Input>,
    /// What it answers.
    #[serde(default)]
    pub output: BTreeMap<String, Output>,
    /// How replies of many nodes are condensed.
    #[serde(default)]
    pub aggregate: Vec<Aggregate>,
}

/// Which replies are shown to an operator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Display {
    /// Those that succeeded.
    Ok,
    /// Those that failed.
    #[default]
    #[serde(alias = "")]
    Failed,
    /// All.
    Always,
}

/// One input of an action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// How to ask a person for it.
    #[serde(default)]
    pub prompt: String,
    /// What it is.
    #[serde(default)]
    pub description: String,
    /// Type of the value.
    #[serde(rename = "type")]
    pub kind: InputType,
    /// Used for a required input that is not given; null means none.
    #[serde(default)]
    pub default: Value,
    /// Whether it can be left out.
    #[serde(default)]
    pub optional: bool,
    /// Regular expression or name of a validator, for texts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub validation: String,
    /// Longest text in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maxlength: Option<usize>,
    /// The allowed texts of a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub list: Vec<String>,
}

/// Type of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// Any number.
    Float,
    /// True or false.
    Boolean,
    /// One of a fixed set of texts.
    List,
    /// A JSON object.
    #[serde(alias = "Hash")]
    Hash,
    /// A JSON array.
    #[serde(alias = "Array")]
    Array,
}

impl InputType {
    /// The type as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::List => "list",
            Self::Hash => "hash",
            Self::Array => "array",
        }
    }
}

/// One output of an action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// What it is.
    #[serde(default)]
    pub description: String,
    /// Its name for people.
    #[serde(default)]
    pub display_as: String,
    /// Type of the value, where it is always the same.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Stands in for an output that a reply lacks; null means none.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub default: Value,
}

/// How one output of many nodes is condensed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Aggregate {
    /// `summary`, `boolean_summary`, `average` or `chart`; others are left to clients that know them.
    pub function: String,
    /// Name of the output, then options of the function.
    #[serde(default)]
    pub args: Vec<Value>,
}

impl Aggregate {
    /// The output that is condensed.
    #[must_use]
    pub fn output(&self) -> Option<&str> {
        self.args.first().and_then(Value::as_str)
    }
}

fn schema() -> String {
    SCHEMA.to_owned()
}

const fn is_false(flag: &bool) -> bool {
    !*flag
}

const SCHEMA: &str = "https://choria.io/schemas/mcorpc/ddl/v1/agent.json";
