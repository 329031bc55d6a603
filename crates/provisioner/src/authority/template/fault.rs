//! What can be wrong with a template.

use muster::facts::FactFilterError;

/// A template that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}:{line}: {fault}")]
pub struct TemplateError {
    /// The file.
    pub path: String,
    /// The line.
    pub line: usize,
    /// What is wrong there.
    pub fault: TemplateFault,
}

/// What is wrong at a place of a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateFault {
    /// Not TOML.
    #[error("{complaint}")]
    NotToml {
        /// What the parser says.
        complaint: String,
    },
    /// A key that means nothing here.
    #[error("unknown key {key:?}, expected {expected}")]
    UnknownKey {
        /// The key.
        key: String,
        /// What is known here.
        expected: &'static str,
    },
    /// A value of the wrong type.
    #[error("{key} is not {expected}")]
    WrongType {
        /// The key.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Something is not there.
    #[error("{what} is missing")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// A key that the configuration of a node cannot have.
    #[error(
        "{key:?} cannot be the key of a setting: it has white space, '=' or control characters"
    )]
    Key {
        /// The key.
        key: String,
    },
    /// The same setting twice, once with dots and once in a table.
    #[error("the setting {key:?} stands here twice")]
    Twice {
        /// The key.
        key: String,
    },
    /// A placeholder that is none.
    #[error("{{{{{text}}}}} is no placeholder: {rule}")]
    Placeholder {
        /// What is between the braces.
        text: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A placeholder without an end.
    #[error("a placeholder begins with {{{{ and has no end")]
    Open,
    /// A control character in what goes to a node as it is.
    #[error("a value has a control character in it")]
    ControlCharacter,
    /// A condition that is none.
    #[error(transparent)]
    Condition(#[from] FactFilterError),
    /// A pattern that is none.
    #[error("{pattern:?} is no regular expression of a reasonable size")]
    Pattern {
        /// The pattern.
        pattern: String,
    },
    /// A node that would wait again as soon as it is provisioned.
    #[error(
        "plugin.choria.server.provision can only be \"false\": the node would wait again at once"
    )]
    Provisions,
}
