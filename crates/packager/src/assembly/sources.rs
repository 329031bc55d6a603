//! The checkout that is built: where it is, which version, which revision, from when.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use buildspec::PackageVersion;
use buildspec::Stamp;
use buildspec::StampError;
use buildspec::VersionError;

/// The sources of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// The folder with the workspace, absolute.
    pub folder: PathBuf,
    /// Version that the binaries say, as it was given.
    pub version: String,
    /// Revision of the sources, `unknown` without one.
    pub revision: String,
    /// Seconds since 1970: the date of everything that is made.
    pub date: u64,
    /// What somebody should know about these.
    pub remarks: Vec<String>,
}

/// What takes precedence over what the checkout says about itself; the variables of the reference, and one more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `VERSION`.
    pub version: Option<String>,
    /// `SHA1`.
    pub revision: Option<String>,
    /// `SOURCE_DATE_EPOCH`.
    pub date: Option<String>,
}

/// Sources that cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourcesError {
    /// The folder that was named has none.
    #[error("{} does not hold the sources of muster", folder.display())]
    NotThere {
        /// The folder.
        folder: PathBuf,
    },
    /// None was named, and there are none here.
    #[error("no sources of muster in {} or above it: name their folder with --source", folder.display())]
    NotFound {
        /// Where the search began.
        folder: PathBuf,
    },
    /// The folder has no absolute path.
    #[error("cannot tell the absolute path of {}", folder.display())]
    Path {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        err: std::io::Error,
    },
    /// Version, revision or date are none.
    #[error(transparent)]
    Stamp(#[from] StampError),
    /// A version that packages cannot have.
    #[error(transparent)]
    Version(#[from] VersionError),
}

impl Sources {
    /// The sources in the folder that was named, or in `here` or above it.
    ///
    /// # Errors
    /// When there are none, or when version, revision or date cannot be used.
    pub fn find(
        named: Option<&Path>,
        here: &Path,
        overrides: &Overrides,
    ) -> Result<Self, SourcesError> {
        let folder = match named {
            Some(folder) if is_workspace(folder) => folder,
            Some(folder) => {
                let folder = folder.to_owned();
                return Err(SourcesError::NotThere { folder });
            }
            None => here
                .ancestors()
                .find(|folder| is_workspace(folder))
                .ok_or_else(|| SourcesError::NotFound {
                    folder: here.to_owned(),
                })?,
        };
        let folder = fs::canonicalize(folder).map_err(|err| SourcesError::Path {
            folder: folder.to_owned(),
            err,
        })?;
        Self::describe(folder, overrides)
    }

    fn describe(folder: PathBuf, overrides: &Overrides) -> Result<Self, SourcesError> {
        let mut remarks = Vec::new();
        let given = |value: &Option<String>| value.clone().filter(|value| !value.trim().is_empty());
        let revision = given(&overrides.revision).or_else(|| revision(&folder, &mut remarks));
        let date = given(&overrides.date).or_else(|| git(&folder, &["log", "-1", "--format=%ct"]));
        let date = date.unwrap_or_else(|| {
            remarks.push(
                "no date is known: neither SOURCE_DATE_EPOCH nor git tells one, so everything is \
                 dated 1970-01-01"
                    .to_owned(),
            );
            "0".to_owned()
        });
        let version = given(&overrides.version);
        let stamp = Stamp::new(
            env!("CARGO_PKG_VERSION"),
            version.as_deref(),
            revision.as_deref(),
            Some(&date),
        )?;
        PackageVersion::new(&stamp.version)?;
        Ok(Self {
            folder,
            version: stamp.version,
            revision: stamp.sha,
            date: date.trim().parse().unwrap_or_default(),
            remarks,
        })
    }
}

/// The revision of a checkout. Changes that are not committed are said: the date and the revision are not theirs.
fn revision(folder: &Path, remarks: &mut Vec<String>) -> Option<String> {
    let revision = git(folder, &["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(folder, &["status", "--porcelain", "--untracked-files=no"]);
    if changed.is_some() {
        remarks.push(format!(
            "the sources have changes that are not committed: the revision is {revision}-dirty"
        ));
        return Some(format!("{revision}-dirty"));
    }
    Some(revision)
}

/// What git says, `None` when it says nothing or is not there.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn is_workspace(folder: &Path) -> bool {
    folder.join("Cargo.lock").is_file() && folder.join(OWN_MANIFEST).is_file()
}

const OWN_MANIFEST: &str = "crates/packager/Cargo.toml";

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn overrides() -> Overrides {
        Overrides {
            version: Some("1.2.3-rc.1".into()),
            revision: Some("abc123".into()),
            date: Some("1700000000".into()),
        }
    }

    #[test]
    fn the_sources_are_found_from_a_folder_below() {
        let here = own().canonicalize().unwrap().join("crates/packager/src");
        let sources = Sources::find(None, &here, &overrides()).unwrap();
        assert_eq!(sources.folder, own().canonicalize().unwrap());
        assert_eq!(
            (
                sources.version.as_str(),
                sources.revision.as_str(),
                sources.date
            ),
            ("1.2.3-rc.1", "abc123", 1_700_000_000)
        );
    }

    #[test]
    fn a_folder_without_sources_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let named = Sources::find(Some(folder.path()), folder.path(), &overrides());
        assert!(matches!(named, Err(SourcesError::NotThere { .. })));
        let searched = Sources::find(None, folder.path(), &overrides());
        assert!(matches!(searched, Err(SourcesError::NotFound { .. })));
    }

    #[test]
    fn a_date_that_is_none_is_refused() {
        let date = Some("yesterday".to_owned());
        let wrong = Overrides {
            date,
            ..overrides()
        };
        let refused = Sources::find(Some(&own()), Path::new("/"), &wrong);
        assert!(matches!(refused, Err(SourcesError::Stamp(_))));
    }
}
