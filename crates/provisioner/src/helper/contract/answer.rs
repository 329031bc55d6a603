//! What a helper's answer was, or why it was none.

use std::fmt;

use super::Field;
use super::LONGEST_ANSWER;
use crate::helper::Decision;

/// What a helper answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What it decided.
    pub decision: Decision,
    /// What its author should know.
    pub notes: Vec<Note>,
}

/// Something about an answer that its author should know, and that did not prevent its use.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Note {
    /// A field for which there is nothing in this build.
    NotBuilt(Field),
    /// Fields that nobody knows; their names, cut.
    Unknown(String),
    /// Bytes that are no UTF-8, which were replaced.
    NotUtf8,
    /// The configuration does not take the node out of provisioning mode.
    StaysInProvisioning,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt(field) => write!(
                f,
                "the helper's {field} is ignored: this provisioner does not have that feature"
            ),
            Self::Unknown(name) => write!(f, "the helper's field {name} is not known and ignored"),
            Self::NotUtf8 => f.write_str("the helper's answer is not UTF-8: bytes were replaced"),
            Self::StaysInProvisioning => f.write_str(
                "the helper's configuration does not set plugin.choria.server.provision to false: a node whose build provisions by default will come back",
            ),
        }
    }
}

/// An answer that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// Too many bytes.
    #[error("the answer is longer than {LONGEST_ANSWER} bytes")]
    TooLong,
    /// No JSON, or something behind it.
    #[error("{complaint}")]
    NotJson {
        /// What the parser says; it shows no value.
        complaint: String,
    },
    /// JSON, and not an object.
    #[error("the answer is not an object")]
    NotAnObject,
    /// A field of another type.
    #[error("{field} is not {expected}")]
    WrongType {
        /// Which field.
        field: Field,
        /// What it should be.
        expected: &'static str,
    },
    /// An entry of a field that must hold texts.
    #[error("{field} holds something other than a text for {key}")]
    NotAText {
        /// Which field.
        field: Field,
        /// Which entry, cut.
        key: String,
    },
    /// `retry_after` is no time that anybody would wait.
    #[error("retry_after is not between 0 and {LONGEST_RETRY} seconds")]
    RetryAfter,
    /// Nothing to configure the node with.
    #[error("the helper gave an empty configuration")]
    EmptyConfiguration,
    /// A policy whose name is no file name.
    #[error("{field} holds {name}, which is not a plain file name ending in {extension}")]
    PolicyName {
        /// Which field.
        field: Field,
        /// The name, cut.
        name: String,
        /// How it should end.
        extension: &'static str,
    },
}

/// Longest time after which a helper may ask to be asked again, in seconds.
pub(super) const LONGEST_RETRY: u32 = 86_400;
