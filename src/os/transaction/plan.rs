//! Turns changes into a plan: looks at everything, writes nothing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use crate::os::atomic_file;
use crate::os::atomic_file::STAGED_PREFIX;
use crate::os::atomic_file::WriteError;
use crate::os::files::Files;
use crate::os::files::Kind;
use crate::os::random;
use crate::secret::Secret;

use super::Change;
use super::FileLook;
use super::Rest;
use super::Transaction;
use super::TransactionError;
use super::generation;
use super::journal;
use super::journal::Directory;
use super::journal::Item;
use super::journal::Plan;
use super::journal::Saved;
use super::journal::Staged;
use super::state_dir::FILE_LIMIT;
use super::state_dir::PRIVATE;
use super::state_dir::StateDir;

/// A plan with the contents it needs, one for each of its items.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) plan: Plan,
    pub(super) contents: Vec<Content>,
}

/// The contents of one item.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) new: Option<New>,
    pub(super) old: Option<Secret<Vec<u8>>>,
}

/// A file to come.
#[derive(Debug)]
pub(super) struct New {
    pub(super) bytes: Secret<Vec<u8>>,
    pub(super) look: FileLook,
}

/// Plans a transaction.
pub(super) fn draft(
    state: &StateDir<'_>,
    transaction: Transaction,
) -> Result<Draft, TransactionError> {
    let number = generation::next_number(state)?;
    let record = generation::encode(number, &transaction)?;
    let mut wanted = Wanted::default();
    for change in transaction.changes {
        wanted.add(state.files, change)?;
    }
    wanted.add(
        state.files,
        Change::Directory {
            path: state.generations(),
            mode: PRIVATE,
            rest: Rest::Stays,
        },
    )?;
    wanted.add(
        state.files,
        Change::File {
            path: state.current(),
            content: Secret::new(record),
            look: FileLook::Mode(0o600),
        },
    )?;
    wanted.clear_exclusive(state.files)?;
    wanted.into_draft(state.files, number)
}

/// How everything shall be, by path.
#[derive(Debug, Default)]
struct Wanted {
    /// `None`: no such file.
    files: BTreeMap<PathBuf, Option<New>>,
    named: BTreeSet<PathBuf>,
    kept: BTreeSet<PathBuf>,
    exclusive: BTreeSet<PathBuf>,
    created: BTreeMap<PathBuf, u32>,
    emptied: BTreeMap<PathBuf, u32>,
}

impl Wanted {
    fn add(&mut self, files: &dyn Files, change: Change) -> Result<(), TransactionError> {
        match change {
            Change::File {
                path,
                content,
                look,
            } => {
                let bytes = content;
                self.add_file(path, Some(New { bytes, look }))
            }
            Change::NoFile { path } => self.add_file(path, None),
            Change::Kept { path } => {
                self.kept.insert(path);
                Ok(())
            }
            Change::Directory { path, mode, rest } => {
                self.add_directory(files, &path, mode)?;
                if rest == Rest::Goes {
                    self.exclusive.insert(path.clone());
                }
                self.named.insert(path);
                Ok(())
            }
            Change::NoDirectory { path } => {
                check_plain(&path)?;
                if let Some(entry) = files.entry(&path)? {
                    self.emptied.insert(path, entry.mode);
                }
                Ok(())
            }
        }
    }

    fn add_file(&mut self, path: PathBuf, new: Option<New>) -> Result<(), TransactionError> {
        check_plain(&path)?;
        if self.files.contains_key(&path) {
            return Err(TransactionError::ChangedTwice { path });
        }
        self.files.insert(path, new);
        Ok(())
    }

    /// Notes which directories are missing down to `path`.
    fn add_directory(
        &mut self,
        files: &dyn Files,
        path: &Path,
        mode: u32,
    ) -> Result<(), TransactionError> {
        check_plain(path)?;
        for directory in path.ancestors() {
            match files.entry(directory)? {
                Some(entry) if entry.kind == Kind::Directory => break,
                Some(_) => return Err(not_a_directory(directory)),
                None => {
                    self.created.entry(directory.to_path_buf()).or_insert(mode);
                }
            }
        }
        Ok(())
    }

    /// Marks for removal what exclusive directories hold and nobody wants.
    fn clear_exclusive(&mut self, files: &dyn Files) -> Result<(), TransactionError> {
        let mut pending: Vec<PathBuf> = self.exclusive.iter().cloned().collect();
        while let Some(directory) = pending.pop() {
            for name in files.list(&directory)? {
                let path = directory.join(name);
                match files.entry(&path)? {
                    Some(entry) if entry.kind == Kind::Directory => {
                        if !self.stays(&path) {
                            self.emptied.insert(path.clone(), entry.mode);
                        }
                        pending.push(path);
                    }
                    Some(_) if self.kept.contains(&path) => {}
                    // Links, sockets and the like are refused when the file is looked at.
                    Some(_) => {
                        check_plain(&path)?;
                        self.files.entry(path).or_insert(None);
                    }
                    None => {}
                }
            }
        }
        Ok(())
    }

    /// Whether a directory is named, or will hold a file.
    fn stays(&self, directory: &Path) -> bool {
        let inside = |path: &Path| path.starts_with(directory);
        self.named.iter().any(|path| inside(path))
            || self
                .files
                .iter()
                .any(|(path, new)| new.is_some() && inside(path))
    }

    fn into_draft(self, files: &dyn Files, generation: u64) -> Result<Draft, TransactionError> {
        let id = random::hex_id();
        let mut items = Vec::new();
        let mut contents = Vec::new();
        for (target, new) in self.files {
            let old = if atomic_file::check_target(files, &target)? {
                Some(files.read(&target, FILE_LIMIT)?)
            } else {
                None
            };
            if new.is_none() && old.is_none() {
                continue;
            }
            let parent = atomic_file::parent(&target)?;
            if !self.created.contains_key(parent) {
                check_directory(files, parent)?;
            }
            let number = items.len();
            items.push(Item {
                staged: new.as_ref().map(|new| Staged {
                    path: parent.join(format!("{STAGED_PREFIX}{id}-{number}")),
                    sha256: journal::sha256(new.bytes.expose()),
                }),
                saved: old.as_ref().map(|old| Saved {
                    name: format!("{number:04}"),
                    sha256: journal::sha256(old.expose()),
                }),
                target,
            });
            contents.push(Content { new, old });
        }
        let plan = Plan {
            id,
            generation,
            // Sorted by path, an outer directory comes before its inner ones.
            directories: self.created.into_iter().map(directory).collect(),
            items,
            emptied: self.emptied.into_iter().rev().map(directory).collect(),
        };
        Ok(Draft { plan, contents })
    }
}

fn directory((path, mode): (PathBuf, u32)) -> Directory {
    Directory { path, mode }
}

/// The journal is text, and a recovery must not depend on a working directory.
fn check_plain(path: &Path) -> Result<(), TransactionError> {
    let plain = path.is_absolute()
        && path.to_str().is_some()
        && path.file_name().is_some()
        && path
            .components()
            .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if plain {
        Ok(())
    } else {
        Err(TransactionError::PathNotPlain {
            path: path.to_path_buf(),
        })
    }
}

fn check_directory(files: &dyn Files, path: &Path) -> Result<(), TransactionError> {
    match files.entry(path)? {
        Some(entry) if entry.kind == Kind::Directory => Ok(()),
        Some(entry) if entry.kind == Kind::SymbolicLink => {
            Err(TransactionError::Write(WriteError::SymbolicLink {
                path: path.to_path_buf(),
            }))
        }
        Some(_) | None => Err(not_a_directory(path)),
    }
}

fn not_a_directory(path: &Path) -> TransactionError {
    TransactionError::NotADirectory {
        path: path.to_path_buf(),
    }
}
