//! The files of a package before they are packed, in the order of their paths.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Everything that a package puts on a machine. Nothing is there twice, and every path is absolute and plain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    entries: BTreeMap<String, Entry>,
}

/// One path of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, `0o7777` at most.
    pub mode: u32,
    /// Name of its owner.
    pub owner: String,
    /// Name of its group.
    pub group: String,
    /// What it means to the machine's administrator.
    pub role: Role,
}

/// What a path is.
#[derive(Clone, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Directory,
    /// A file with these bytes.
    File(Vec<u8>),
    /// A file whose bytes are those of this file, which is too large to carry around.
    Copy(PathBuf),
    /// A symbolic link with this target.
    Link(String),
    /// A file that a scriptlet or the program makes. An RPM knows it as its own; other packages do not have it.
    Ghost,
}

/// What a path means to the administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Belongs to the package alone.
    Program,
    /// May be edited; what was edited survives upgrades.
    Configuration,
    /// Documentation, manual pages included.
    Documentation,
    /// The text of a licence.
    Licence,
}

/// A path that cannot be part of a package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// Relative, with empty, `.` or `..` parts, or with control characters.
    #[error("{path:?} is not an absolute, plain path")]
    Path {
        /// The path.
        path: String,
    },
    /// Two parts of the package put something there.
    #[error("{path} would be written twice")]
    Twice {
        /// The path.
        path: String,
    },
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory => f.write_str("Directory"),
            Self::File(bytes) => write!(f, "File({} bytes)", bytes.len()),
            Self::Copy(path) => write!(f, "Copy({})", path.display()),
            Self::Link(target) => write!(f, "Link({target})"),
            Self::Ghost => f.write_str("Ghost"),
        }
    }
}

impl Entry {
    /// Something of root's that belongs to the package alone.
    #[must_use]
    pub fn new(kind: Kind, mode: u32) -> Self {
        Self {
            kind,
            mode,
            owner: ROOT.to_owned(),
            group: ROOT.to_owned(),
            role: Role::Program,
        }
    }

    /// The same with another owner and group.
    #[must_use]
    pub fn owned_by(self, owner: &str, group: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            group: group.to_owned(),
            ..self
        }
    }

    /// The same in another role.
    #[must_use]
    pub fn with_role(self, role: Role) -> Self {
        Self { role, ..self }
    }
}

impl Tree {
    /// Adds a path.
    ///
    /// # Errors
    /// When the path is not absolute and plain, or is taken.
    pub fn add(&mut self, path: &str, entry: Entry) -> Result<(), TreeError> {
        if !is_plain(path) {
            return Err(TreeError::Path {
                path: path.to_owned(),
            });
        }
        if self.entries.contains_key(path) {
            return Err(TreeError::Twice {
                path: path.to_owned(),
            });
        }
        self.entries.insert(path.to_owned(), entry);
        Ok(())
    }

    /// All paths with what they are, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(path, entry)| (path.as_str(), entry))
    }

    /// What is at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }
}

fn is_plain(path: &str) -> bool {
    let Some(parts) = path.strip_prefix('/') else {
        return false;
    };
    !path.chars().any(char::is_control)
        && parts
            .split('/')
            .all(|part| !matches!(part, "" | "." | ".."))
}

const ROOT: &str = "root";

#[cfg(test)]
mod tests {
    use super::*;

    fn add(tree: &mut Tree, path: &str) -> Result<(), TreeError> {
        tree.add(path, Entry::new(Kind::Directory, 0o755))
    }

    #[test]
    fn nothing_is_there_twice() {
        let mut tree = Tree::default();
        add(&mut tree, "/usr/bin/x").unwrap();
        let path = "/usr/bin/x".to_owned();
        assert_eq!(add(&mut tree, &path), Err(TreeError::Twice { path }));
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for path in [
            "",
            "/",
            "usr/bin",
            "/usr//bin",
            "/usr/../etc",
            "/usr/.",
            "/usr/",
            "/a\nb",
        ] {
            let refused = add(&mut Tree::default(), path);
            assert!(matches!(refused, Err(TreeError::Path { .. })), "{path:?}");
        }
    }
}
