//! The paths that stand in binaries in place of those of this machine. Pure.
//!
//! | folder | stands as |
//! |---|---|
//! | sources | `/build` |
//! | what cargo unpacked of a registry, a folder with vendored crates too | `/cargo/registry` |
//! | cargo's home, crates of git among it | `/cargo` |
//! | a crate of a company's folder | `/crates/NAME` |
//! | the target folder | `/target` |
//! | sources of the standard library, where they are installed | as they stand where they are not |

use std::path::Path;
use std::path::PathBuf;

use super::error::CompileError;

/// Which folder becomes which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Remap {
    /// Shorter ones first: both compilers take the last that fits.
    folders: Vec<(String, String)>,
}

impl Remap {
    /// From pairs of a folder and what stands for it; of two that name the same folder, the first counts.
    ///
    /// # Errors
    /// When a compiler could not be told about a folder.
    pub(super) fn new(folders: Vec<(PathBuf, String)>) -> Result<Self, CompileError> {
        let mut ours: Vec<(String, String)> = Vec::new();
        for (from, to) in folders {
            let from = plain(&from)?;
            if ours.iter().all(|(known, _)| *known != from) {
                ours.push((from, to));
            }
        }
        ours.sort_by(|a, b| (a.0.len(), &a.0).cmp(&(b.0.len(), &b.0)));
        Ok(Self { folders: ours })
    }

    /// Arguments of rustc.
    pub(super) fn rust(&self) -> impl Iterator<Item = String> {
        self.folders
            .iter()
            .map(|(from, to)| format!("--remap-path-prefix={from}={to}"))
    }

    /// Arguments of gcc.
    pub(super) fn c(&self) -> impl Iterator<Item = String> {
        self.folders
            .iter()
            .map(|(from, to)| format!("-ffile-prefix-map={from}={to}"))
    }
}

/// A path as compilers take it: build scripts split their flags at white space, gcc the map at the first `=`.
fn plain(path: &Path) -> Result<String, CompileError> {
    let odd =
        |letter: char| letter.is_whitespace() || letter.is_control() || "='\"\\".contains(letter);
    path.to_str()
        .filter(|text| !text.contains(odd))
        .map(str::to_owned)
        .ok_or_else(|| CompileError::Folder {
            path: path.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remap(folders: &[(&str, &str)]) -> Result<Remap, CompileError> {
        let owned = |(from, to): &(&str, &str)| (PathBuf::from(from), (*to).to_owned());
        Remap::new(folders.iter().map(owned).collect())
    }

    #[test]
    fn a_folder_inside_another_wins_in_both_compilers() {
        let remap = remap(&[("/s/target", "/target"), ("/s", "/build")]).unwrap();
        let rust: Vec<String> = remap.rust().collect();
        assert_eq!(
            rust,
            [
                "--remap-path-prefix=/s=/build",
                "--remap-path-prefix=/s/target=/target"
            ]
        );
        let c: Vec<String> = remap.c().collect();
        assert_eq!(
            c,
            [
                "-ffile-prefix-map=/s=/build",
                "-ffile-prefix-map=/s/target=/target"
            ]
        );
    }

    #[test]
    fn a_folder_stands_for_one_thing() {
        let remap = remap(&[("/s", "/build"), ("/s", "/cargo")]).unwrap();
        assert_eq!(remap.rust().count(), 1);
    }

    #[test]
    fn folders_that_compilers_would_misread_are_refused() {
        for folder in ["/a b", "/a=b", "/a'b", "/a\\b", "/a\nb"] {
            let refused = remap(&[(folder, "/build")]);
            assert!(
                matches!(refused, Err(CompileError::Folder { .. })),
                "{folder}"
            );
        }
    }
}
