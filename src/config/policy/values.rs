//! Values of `policy.toml` that check themselves.

use std::ffi::OsStr;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de::Error as _;

use crate::config::glob;

/// A pattern over keys; `*` stands for any run of characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyPattern(String);

impl KeyPattern {
    pub(super) fn everything() -> Self {
        Self("*".to_owned())
    }

    /// Whether a key fits.
    #[must_use]
    pub fn matches(&self, key: &str) -> bool {
        glob::matches(&self.0, key)
    }
}

impl<'de> Deserialize<'de> for KeyPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let plain = !text.is_empty()
            && text.len() <= 256
            && text.chars().all(|c| !c.is_whitespace() && !c.is_control());
        if plain {
            Ok(Self(text))
        } else {
            Err(D::Error::custom(
                "a pattern over keys has 1 to 256 characters and no white space",
            ))
        }
    }
}

/// An absolute directory, written without `..`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Directory(PathBuf);

impl Directory {
    /// The directory.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Directory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = PathBuf::deserialize(deserializer)?;
        if path.is_absolute() && is_straight(&path) {
            Ok(Self(path))
        } else {
            Err(D::Error::custom("a directory is absolute and has no '..'"))
        }
    }
}

/// Whether a path is absolute and, as it is written, at or below a directory. Links are the caller's concern.
pub(super) fn is_below(path: &Path, directory: &Path) -> bool {
    path.is_absolute() && is_straight(path) && path.starts_with(directory)
}

/// Whether a path below the configuration directory is a log or a status file, and not one that the node lives by.
pub(super) fn is_plain_output(path: &Path, directory: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    is_below(path, directory)
        && !is_hidden(path, directory)
        && matches!(extension, Some("log" | "json"))
}

/// Whether a part of the path after the directory starts with a dot: there the node keeps its own state.
pub(super) fn is_hidden(path: &Path, directory: &Path) -> bool {
    let inner = path.strip_prefix(directory).unwrap_or(path);
    inner
        .iter()
        .any(|part| part.as_encoded_bytes().starts_with(b"."))
}

fn is_straight(path: &Path) -> bool {
    !path.components().any(|part| part == Component::ParentDir)
}

/// A whole number within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Within<const MIN: usize, const MAX: usize>(usize);

impl<const MIN: usize, const MAX: usize> Within<MIN, MAX> {
    /// The number.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }

    pub(super) const fn largest() -> Self {
        Self(MAX)
    }

    /// A number that is known when this program is built; one out of bounds fails the build.
    pub(super) const fn of<const NUMBER: usize>() -> Self {
        const { assert!(MIN <= NUMBER && NUMBER <= MAX, "out of bounds") };
        Self(NUMBER)
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Within<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        usize::try_from(number)
            .ok()
            .filter(|number| (MIN..=MAX).contains(number))
            .map(Self)
            .ok_or_else(|| {
                D::Error::custom(format!("a number from {MIN} to {MAX}, found {number}"))
            })
    }
}
