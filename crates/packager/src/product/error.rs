//! What cannot be packaged.

use std::io;

use crate::model::TreeError;

use super::template::TemplateError;

/// A package that cannot be described.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProductError {
    /// A name that systemd, logrotate or a shell would read as something else.
    #[error("the name {name:?} cannot be that of a service: {reason}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An account that not every `groupadd` and `useradd` makes.
    #[error(
        "{key} {account:?} cannot be a {what} everywhere: at most 31 of a-z, 0-9, _ and -, the first a letter or _"
    )]
    Account {
        /// Key of the buildspec.
        key: &'static str,
        /// `user` or `group`.
        what: &'static str,
        /// The name.
        account: String,
    },
    /// A path with a character that systemd, a shell or logrotate would read as something else.
    #[error(
        "{key} {path:?} has {character:?}, which a unit or a script would not read as part of a path"
    )]
    Character {
        /// Key of the buildspec.
        key: &'static str,
        /// The path.
        path: String,
        /// The character.
        character: char,
    },
    /// A path that does not lead to one place.
    #[error("{key} {path:?} is not an absolute, plain path")]
    Path {
        /// Key of the buildspec.
        key: &'static str,
        /// The path.
        path: String,
    },
    /// A path that the sandbox of the service hides, or that a reboot empties.
    #[error("{key} {path:?} is below {above}, which {reason}")]
    Hidden {
        /// Key of the buildspec.
        key: &'static str,
        /// The path.
        path: String,
        /// The folder above it.
        above: &'static str,
        /// What becomes of that.
        reason: &'static str,
    },
    /// A folder of the package that others use too, whose mode and owner the package would change.
    #[error("{key} {path:?} belongs to the whole system: name a folder of the package's own")]
    Shared {
        /// Key of the buildspec.
        key: &'static str,
        /// The path.
        path: String,
    },
    /// Two settings that name the same folder, or one inside the other, where that cannot be.
    #[error("{key} {path:?} cannot be the same folder as {other} or be inside it")]
    Overlap {
        /// Key of the buildspec.
        key: &'static str,
        /// The path.
        path: String,
        /// Key of the other one.
        other: &'static str,
    },
    /// A Debian package says who answers for it.
    #[error("a Debian package needs contact")]
    Contact,
    /// A date that no calendar has.
    #[error("the source date {seconds} is not a date")]
    Date {
        /// Seconds since 1970.
        seconds: u64,
    },
    /// A template does not fit.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Two parts put something at the same path.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A text of the package cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// Its path in the package.
        path: String,
        /// Why.
        #[source]
        err: io::Error,
    },
}
