//! Why a description or an input was refused.

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Not JSON, or not of that form.
    #[error("the description is not a DDL document")]
    Json {
        /// What the parser met.
        #[source]
        err: serde_json::Error,
    },
    /// A name with other characters than letters, digits and `_`.
    #[error("the description has an invalid {what} name")]
    Name {
        /// What is named so.
        what: &'static str,
    },
}

/// Why the inputs of an action were refused. The texts are those that peers know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// A command line gives an input that the action does not have.
    #[error("input '{name}' has not been declared")]
    NotDeclared {
        /// The input.
        name: String,
    },
    /// A required input is missing.
    #[error("input '{name}' is required")]
    Required {
        /// The input.
        name: String,
    },
    /// The value of an input is refused.
    #[error("invalid value for '{name}'")]
    Invalid {
        /// The input.
        name: String,
        /// What is wrong with it.
        #[source]
        err: ValueError,
    },
    /// A request has an input that the action does not have.
    #[error(
        "request contains an input '{name}' that is not declared in the DDL. Valid inputs are: {}",
        valid.join(", ")
    )]
    Unexpected {
        /// The input.
        name: String,
        /// Those there are.
        valid: Vec<String>,
    },
    /// A request has inputs and the action takes none.
    #[error("request contains inputs while none are declared in the DDL")]
    NoneDeclared,
    /// A request whose data is not an object.
    #[error("request data is not a hash map")]
    NotAnObject,
}

/// What is wrong with a value. The value is not part of the text: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// Not a whole number.
    #[error("is not an integer")]
    NotInteger,
    /// Not a number.
    #[error("is not a number")]
    NotNumber,
    /// Not a number.
    #[error("is not a float")]
    NotFloat,
    /// Not a text.
    #[error("is not a string")]
    NotString,
    /// Longer than allowed.
    #[error("is longer than {max} characters")]
    TooLong {
        /// The limit in bytes.
        max: usize,
    },
    /// Neither true nor false.
    #[error("is not a boolean")]
    NotBoolean,
    /// Not one of a fixed set.
    #[error("should be one of {}", allowed.join(", "))]
    NotInList {
        /// The set.
        allowed: Vec<String>,
    },
    /// Not an object.
    #[error("is not a hash map")]
    NotHash,
    /// Not an array.
    #[error("is not an array")]
    NotArray,
    /// Does not match.
    #[error("input does not match '{pattern}'")]
    Mismatch {
        /// The regular expression, as the description has it.
        pattern: String,
    },
    /// Contains something that a shell acts upon.
    #[error("may not contain '{text}'")]
    ShellUnsafe {
        /// What it contains.
        text: &'static str,
    },
    /// Not an address of that kind.
    #[error("is not an {kind} address")]
    NotAddress {
        /// `IP`, `IPv4` or `IPv6`.
        kind: &'static str,
    },
    /// The description's own expression cannot be understood.
    #[error("the DDL has an invalid expression '{pattern}'")]
    Pattern {
        /// The expression.
        pattern: String,
    },
}
