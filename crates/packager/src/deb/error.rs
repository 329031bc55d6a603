//! Why a DEB cannot be written or read.

use crate::archive::ListingError;
use crate::archive::PackError;

/// A DEB that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DebError {
    /// A character that Debian does not allow there.
    #[error("the {what} {value:?} has {character:?}, which Debian does not allow")]
    Character {
        /// Which field.
        what: &'static str,
        /// What it is.
        value: String,
        /// The first one.
        character: char,
    },
    /// A first character that Debian does not allow.
    #[error("the {what} {value:?} begins with {character:?}, which Debian does not allow")]
    Beginning {
        /// Which field.
        what: &'static str,
        /// What it is.
        value: String,
        /// Its first character.
        character: char,
    },
    /// A name of one character.
    #[error("the name {name:?} is shorter than the two characters that Debian wants")]
    Short {
        /// The name.
        name: String,
    },
    /// A field that must not be empty.
    #[error("the {what} is empty")]
    Empty {
        /// Which field.
        what: &'static str,
    },
    /// A requirement whose bound is not `(>= 1.2)` or the like.
    #[error("the requirement {text:?} is not `name` or `name (>= version)`")]
    Requirement {
        /// The requirement.
        text: String,
    },
    /// The tree cannot be packed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A member is larger than its container can say.
    #[error("{member} has {size} bytes, more than a package can have")]
    Large {
        /// Its name.
        member: String,
        /// Its bytes.
        size: usize,
    },
    /// Not a DEB at all.
    #[error("not a Debian package")]
    NotADeb,
    /// The container is damaged or cut off.
    #[error("the container is damaged at byte {offset}")]
    Container {
        /// Where the damaged member begins.
        offset: usize,
    },
    /// A format that does not exist yet.
    #[error("the format {version:?} is not known")]
    Version {
        /// What `debian-binary` says.
        version: String,
    },
    /// A part is not there, or not in its place.
    #[error("{name} is missing")]
    Missing {
        /// What is missing.
        name: &'static str,
    },
    /// A part that a DEB does not have, or a compression that is not known.
    #[error("the member {member:?} is not known")]
    Unknown {
        /// Its name.
        member: String,
    },
    /// The tar of a part cannot be read.
    #[error("{name} is not readable")]
    Member {
        /// Which part.
        name: &'static str,
        /// Why.
        #[source]
        err: ListingError,
    },
    /// `control` is not one paragraph of fields.
    #[error("control is not a paragraph of fields, line {line}")]
    Control {
        /// Where.
        line: usize,
    },
    /// A conffile that is not in the package.
    #[error("the conffile {path:?} is not in the package")]
    Conffile {
        /// Its path.
        path: String,
    },
}
