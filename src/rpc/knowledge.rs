//! What the node knows about itself: facts and classes, read again when their files change.
//!
//! A file that cannot be read leaves its part out; the reason is kept for the status file and logged once per change, so
//! that a node with a broken facts file still answers and says what is wrong.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::facts::Classes;
use crate::facts::Document;
use crate::facts::MAX_SOURCE;
use crate::os::source_file;
use crate::os::source_file::Stamp;
use crate::report::Chain;

/// Facts and classes of the node.
#[derive(Debug)]
pub struct Knowledge {
    fact_files: Vec<PathBuf>,
    classes_file: Option<PathBuf>,
    read: Mutex<Read>,
}

#[derive(Debug, Default)]
struct Read {
    facts: Option<(Vec<Option<Stamp>>, Arc<Document>)>,
    classes: Option<(Option<Stamp>, Arc<Classes>)>,
    fact_problems: Vec<String>,
}

impl Knowledge {
    /// Knowledge from these files; later fact files win.
    #[must_use]
    pub fn new(fact_files: Vec<PathBuf>, classes_file: Option<PathBuf>) -> Self {
        Self {
            fact_files,
            classes_file,
            read: Mutex::new(Read::default()),
        }
    }

    /// The facts as they are now.
    #[must_use]
    pub fn facts(&self) -> Arc<Document> {
        let stamps: Vec<Option<Stamp>> = self.fact_files.iter().map(|path| stamp(path)).collect();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, document)) = &read.facts
            && *of == stamps
        {
            return Arc::clone(document);
        }
        let (document, problems) = self.read_facts();
        for problem in &problems {
            tracing::warn!(problem, "facts are incomplete");
        }
        let document = Arc::new(document);
        read.facts = Some((stamps, Arc::clone(&document)));
        read.fact_problems = problems;
        document
    }

    /// The classes as they are now; none when there is no readable classes file.
    #[must_use]
    pub fn classes(&self) -> Arc<Classes> {
        let now = self.classes_file.as_deref().and_then(stamp);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, classes)) = &read.classes
            && *of == now
        {
            return Arc::clone(classes);
        }
        let bytes = self
            .classes_file
            .as_deref()
            .map(|path| source_file::read(path, LARGEST));
        let classes = Arc::new(Classes::parse(
            &bytes.and_then(Result::ok).unwrap_or_default(),
        ));
        read.classes = Some((now, Arc::clone(&classes)));
        classes
    }

    /// What is wrong with the fact files.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        drop(self.facts());
        self.read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fact_problems
            .clone()
    }

    fn read_facts(&self) -> (Document, Vec<String>) {
        let mut sources: Vec<(&Path, Vec<u8>)> = Vec::new();
        let mut problems = Vec::new();
        for path in &self.fact_files {
            match source_file::read(path, LARGEST) {
                Ok(bytes) => sources.push((path, bytes)),
                Err(err) => {
                    problems.push(format!("cannot read facts file {}: {err}", path.display()));
                }
            }
        }
        let borrowed: Vec<(&Path, &[u8])> = sources
            .iter()
            .map(|(path, bytes)| (*path, bytes.as_slice()))
            .collect();
        let (document, errors) = Document::merge(&borrowed);
        problems.extend(errors.iter().map(|err| Chain(err).to_string()));
        (document, problems)
    }
}

/// A file that cannot be looked at counts as missing; reading it tells why.
fn stamp(path: &Path) -> Option<Stamp> {
    source_file::stamp(path).ok().flatten()
}

/// Largest file that is read, in bytes.
const LARGEST: u64 = MAX_SOURCE as u64;
