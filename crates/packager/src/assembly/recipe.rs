//! A buildspec as it was read from its file, with one of its builds chosen.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use buildspec::DEFAULTS;
use buildspec::Package;
use buildspec::Problems;
use buildspec::Spec;
use buildspec::TargetChoice;
use buildspec::Warning;

/// A buildspec and the build that was asked for.
#[derive(Debug)]
pub struct Recipe {
    /// The file, absolute.
    pub file: PathBuf,
    /// Its content.
    pub spec: Spec,
    /// The build.
    pub build: String,
}

/// A buildspec that cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The file cannot be read.
    #[error("cannot read the buildspec {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// What stands in it is wrong.
    #[error(transparent)]
    Problems(#[from] Problems),
}

impl Recipe {
    /// Reads a buildspec. The build need not be in it: whoever uses it says so.
    ///
    /// # Errors
    /// When the file cannot be read or is no map of builds.
    pub fn read(file: &Path, build: &str) -> Result<Self, RecipeError> {
        let unreadable = |err| RecipeError::Unreadable {
            file: file.to_owned(),
            err,
        };
        let text = fs::read_to_string(file).map_err(unreadable)?;
        let spec = Spec::parse(&file.display().to_string(), &text)?;
        Ok(Self {
            file: fs::canonicalize(file).map_err(unreadable)?,
            spec,
            build: build.to_owned(),
        })
    }

    /// Whether the build that was chosen is there.
    ///
    /// # Errors
    /// When it is not, with those that are.
    pub fn require_build(&self) -> Result<(), Problems> {
        if self.spec.builds().any(|build| build == self.build) {
            return Ok(());
        }
        // any question about it is answered with that
        self.target(DEFAULTS).map(drop)
    }

    /// The packages of these keys, or all of the build when none is named.
    ///
    /// # Errors
    /// With every mistake in them.
    pub fn packages(&self, keys: &[String]) -> Result<(Vec<Package>, Vec<Warning>), Problems> {
        let all: Vec<&str> = if keys.is_empty() {
            self.spec.packages(&self.build).collect()
        } else {
            keys.iter().map(String::as_str).collect()
        };
        self.spec.package_set(&self.build, &all, &self.reader())
    }

    /// One compile target.
    ///
    /// # Errors
    /// With every mistake in it.
    pub fn target(&self, name: &str) -> Result<TargetChoice, Problems> {
        self.spec.target_choice(&self.build, name, &self.reader())
    }

    /// A file that the buildspec names.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn beside(&self, name: &str) -> io::Result<String> {
        fs::read_to_string(self.folder().join(name))
    }

    /// What paths in the buildspec are relative to.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or_else(|| Path::new("/"))
    }

    /// Reads files that the buildspec names.
    pub fn reader(&self) -> impl Fn(&str) -> io::Result<String> + '_ {
        |name| self.beside(name)
    }
}
