//! Where settings come from.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::config::problem::Problem;
use crate::secret::Secret;

/// The text of one configuration file. It may hold passwords, so `Debug` shows the path only.
#[derive(Clone)]
pub struct Source {
    path: Arc<str>,
    text: Secret<String>,
}

impl Source {
    /// A file's name, as messages should show it, and its text.
    #[must_use]
    pub fn new(path: &str, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: Secret::new(text.into()),
        }
    }

    /// Like [`Self::new`], for bytes as they were read.
    ///
    /// # Errors
    ///
    /// [`Problem::NotUtf8`] with the line of the first byte that is not UTF-8.
    pub fn from_bytes(path: &str, bytes: Vec<u8>) -> Result<Self, Problem> {
        String::from_utf8(bytes)
            .map(|text| Self::new(path, text))
            .map_err(|err| {
                let good = err.utf8_error().valid_up_to();
                let line = 1 + err
                    .as_bytes()
                    .iter()
                    .take(good)
                    .filter(|b| **b == b'\n')
                    .count();
                Problem::NotUtf8 {
                    at: Place::new(path, line),
                }
            })
    }

    /// The file's name.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn text(&self) -> &str {
        self.text.expose()
    }

    pub(crate) fn place(&self, line: usize) -> Place {
        Place {
            path: Arc::clone(&self.path),
            line,
        }
    }

    /// `<name>` of `plugin.d/<name>.cfg`; other files in that directory are not read (spec 03 §2.2).
    pub(crate) fn plugin_name(&self) -> Option<&str> {
        let name = self.path.rsplit('/').next()?.strip_suffix(".cfg")?;
        (!name.is_empty() && !name.starts_with('.')).then_some(name)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A line of a file, printed `file:line`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    path: Arc<str>,
    line: usize,
}

impl Place {
    /// Line `line`, counted from 1, of a file.
    #[must_use]
    pub fn new(path: &str, line: usize) -> Self {
        Self {
            path: path.into(),
            line,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// Who decided a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The key table, or a rule over other settings.
    Default,
    /// A flag of the build.
    Build,
    /// A line of a file.
    Line(Place),
    /// A variable of the environment.
    Environment(&'static str),
    /// The host name, for an identity that nobody configured.
    Host,
    /// Provisioning mode, whatever the file says.
    Provisioning,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Build => f.write_str("build"),
            Self::Line(place) => place.fmt(f),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Host => f.write_str("host name"),
            Self::Provisioning => f.write_str("provisioning mode"),
        }
    }
}

/// Whether `plugin.d` beside this file is read: not for a file in the user's home (spec 03 §2.2).
///
/// The reference compares the texts, so that `HOME=/` switches `plugin.d` off everywhere; here it takes a real parent.
#[must_use]
pub fn reads_plugin_directory(config: &Path, home: Option<&str>) -> bool {
    match home {
        Some(home) if !home.is_empty() && home != "/" => !config.starts_with(home),
        Some(_) | None => true,
    }
}
