//! What the node knows about itself: facts and classes, read again when their files change.
//!
//! A file that is there and cannot be used (unreadable, too large, half written by somebody who does not rename) does not
//! take the node's knowledge away: what it held when it was last good stays in use, and the problem is told until the file
//! is good again. A file that was never good, or that is gone, is left out. The reference leaves out both, so that a node
//! drops out of a filter while its facts are being written; an outdated fact is the lesser evil, and is told.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::facts::Classes;
use crate::facts::Document;
use crate::facts::MAX_SOURCE;
use crate::facts::SourceError;
use crate::os::source_file;
use crate::os::source_file::Stamp;
use crate::report::Chain;

/// Facts and classes of the node.
#[derive(Debug)]
pub struct Knowledge {
    fact_files: Vec<PathBuf>,
    classes_file: Option<PathBuf>,
    facts: Mutex<Facts>,
    classes: Mutex<Listed>,
}

#[derive(Debug, Default)]
struct Facts {
    stamps: Option<Vec<Option<Stamp>>>,
    document: Arc<Document>,
    /// What each file held when it was last good.
    good: Vec<Option<Vec<u8>>>,
    problems: Vec<String>,
}

#[derive(Debug, Default)]
struct Listed {
    stamp: Option<Option<Stamp>>,
    classes: Arc<Classes>,
    problem: Option<String>,
}

impl Knowledge {
    /// Knowledge from these files; later fact files win.
    #[must_use]
    pub fn new(fact_files: Vec<PathBuf>, classes_file: Option<PathBuf>) -> Self {
        let facts = Facts {
            good: vec![None; fact_files.len()],
            ..Facts::default()
        };
        Self {
            fact_files,
            classes_file,
            facts: Mutex::new(facts),
            classes: Mutex::default(),
        }
    }

    /// The facts as they are now.
    #[must_use]
    pub fn facts(&self) -> Arc<Document> {
        // before the files are read: one that changes in between is read again
        let stamps: Vec<Option<Stamp>> = self.fact_files.iter().map(|path| stamp(path)).collect();
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        if facts.stamps.as_ref() != Some(&stamps) {
            let problems = facts.read(&self.fact_files);
            for problem in problems.iter().filter(|it| !facts.problems.contains(it)) {
                tracing::warn!(problem, "facts are incomplete");
            }
            if problems.is_empty() && !facts.problems.is_empty() {
                tracing::info!("facts are complete again");
            }
            facts.problems = problems;
            facts.stamps = Some(stamps);
        }
        Arc::clone(&facts.document)
    }

    /// The classes as they are now; none when there is no classes file.
    #[must_use]
    pub fn classes(&self) -> Arc<Classes> {
        let Some(path) = self.classes_file.as_deref() else {
            return Arc::default();
        };
        let now = stamp(path);
        let mut listed = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        if listed.stamp != Some(now) {
            listed.read(path);
            listed.stamp = Some(now);
        }
        Arc::clone(&listed.classes)
    }

    /// What is wrong with the files of facts and classes.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        drop(self.facts());
        drop(self.classes());
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut problems = facts.problems.clone();
        drop(facts);
        let listed = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        problems.extend(listed.problem.clone());
        problems
    }
}

impl Facts {
    /// Reads the files and tells what is wrong with them.
    fn read(&mut self, files: &[PathBuf]) -> Vec<String> {
        let mut problems = Vec::new();
        let mut sources = Vec::new();
        for (path, good) in files.iter().zip(&mut self.good) {
            match source_file::read(path, LARGEST) {
                Ok(bytes) => sources.push(Some(bytes)),
                Err(err) => {
                    if is_gone(&err) {
                        *good = None;
                    }
                    let problem = format!("cannot read facts file {}: {err}", path.display());
                    problems.push(told(problem, good.is_some()));
                    sources.push(None);
                }
            }
        }
        let (mut document, errors) = merge(files, &sources);
        for err in &errors {
            let index = files.iter().position(|path| path == err.path());
            let good = index.and_then(|index| self.good.get(index));
            let kept = good.is_some_and(Option::is_some);
            problems.push(told(Chain(err).to_string(), kept));
            if let Some(source) = index.and_then(|index| sources.get_mut(index)) {
                *source = None;
            }
        }
        for (source, good) in sources.iter_mut().zip(&mut self.good) {
            if source.is_some() {
                *good = source.take();
            }
        }
        if !problems.is_empty() {
            (document, _) = merge(files, &self.good);
        }
        self.document = Arc::new(document);
        problems
    }
}

impl Listed {
    fn read(&mut self, path: &Path) {
        let before = self.problem.take();
        match source_file::read(path, LARGEST) {
            Ok(bytes) => self.classes = Arc::new(Classes::parse(&bytes)),
            Err(err) if is_gone(&err) => self.classes = Arc::default(),
            Err(err) => {
                let problem = format!("cannot read classes file {}: {err}", path.display());
                let problem = told(problem, !self.classes.as_slice().is_empty());
                if before.as_ref() != Some(&problem) {
                    tracing::warn!(problem, "classes are incomplete");
                }
                self.problem = Some(problem);
            }
        }
    }
}

fn merge(files: &[PathBuf], sources: &[Option<Vec<u8>>]) -> (Document, Vec<SourceError>) {
    let pairs = files.iter().zip(sources);
    let there: Vec<(&Path, &[u8])> = pairs
        .filter_map(|(path, bytes)| Some((path.as_path(), bytes.as_deref()?)))
        .collect();
    Document::merge(&there)
}

fn is_gone(err: &std::io::Error) -> bool {
    err.kind() == std::io::ErrorKind::NotFound
}

fn told(problem: String, kept: bool) -> String {
    if kept {
        problem + "; what it held before stays in use"
    } else {
        problem
    }
}

/// A file that cannot be looked at counts as missing; reading it tells why.
fn stamp(path: &Path) -> Option<Stamp> {
    source_file::stamp(path).ok().flatten()
}

/// Largest file that is read, in bytes.
const LARGEST: u64 = MAX_SOURCE as u64;

#[cfg(test)]
mod tests;
