//! What TLS material consists of.

use std::fmt;

/// One of the three files of a node or a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The certificate, intermediates after it.
    Certificate,
    /// Its private key.
    Key,
    /// The certificate authorities.
    Ca,
}

impl Part {
    /// All of them, in the order in which they are looked at.
    pub const ALL: [Self; 3] = [Self::Certificate, Self::Key, Self::Ca];
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::Key => "private key",
            Self::Ca => "CA",
        })
    }
}
