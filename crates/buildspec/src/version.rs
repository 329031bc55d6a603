//! The version of a build as packages spell it.
//!
//! The binary keeps the version as it was given. `-rc.1` and its like become `~rc.1`, which sorts before the release; any
//! other suffix becomes `+suffix`, which sorts after it. The reference turns the first `-` into `~` whatever follows, so
//! that `1.2.3-acme` is older there than `1.2.3`.
//!
//! The same spelling does for both formats: it has none of the characters that one of them refuses. What stands behind it in
//! the version of a package must be separated by `-`, as releases are: `+` would take part in the comparison.

/// A version that RPM and Debian both take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageVersion {
    spelling: String,
}

/// A version that packages cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionError {
    /// Nothing, or no digit at its beginning.
    #[error("the version {version:?} does not begin with a digit")]
    Start {
        /// The version.
        version: String,
    },
    /// A character that RPM or Debian refuses.
    #[error("the version {version:?} has a {character:?}, which packages cannot have")]
    Character {
        /// The version.
        version: String,
        /// The character.
        character: char,
    },
    /// A `-` with nothing behind it.
    #[error("the version {version:?} has an empty part behind a '-'")]
    EmptyPart {
        /// The version.
        version: String,
    },
}

impl PackageVersion {
    /// Spells the version of a binary for packages.
    ///
    /// # Errors
    /// When RPM or Debian could not take it.
    pub fn new(version: &str) -> Result<Self, VersionError> {
        let owned = || version.to_owned();
        let fits = |letter: &char| letter.is_ascii_alphanumeric() || ".+~-".contains(*letter);
        if let Some(character) = version.chars().find(|letter| !fits(letter)) {
            let version = owned();
            return Err(VersionError::Character { version, character });
        }
        if !version.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(VersionError::Start { version: owned() });
        }
        let mut parts = version.split('-');
        let mut spelling = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            if part.is_empty() {
                return Err(VersionError::EmptyPart { version: owned() });
            }
            spelling.push(if is_before_release(part) { '~' } else { '+' });
            spelling.push_str(part);
        }
        Ok(Self { spelling })
    }

    /// As RPM has it in `Version`.
    #[must_use]
    pub fn rpm(&self) -> &str {
        &self.spelling
    }

    /// As Debian has it before the revision.
    #[must_use]
    pub fn debian(&self) -> &str {
        &self.spelling
    }
}

/// Whether a suffix names something that comes before the release.
fn is_before_release(suffix: &str) -> bool {
    let word = suffix
        .split(|letter: char| !letter.is_ascii_alphabetic())
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    BEFORE_RELEASE.contains(&word.as_str())
}

const BEFORE_RELEASE: &[&str] = &[
    "alpha",
    "beta",
    "dev",
    "devel",
    "pre",
    "prerelease",
    "preview",
    "rc",
];

#[cfg(test)]
mod tests;
