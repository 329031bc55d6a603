//! A buildspec as a whole: its builds, and the choice of one of them.
//!
//! ```yaml
//! flags_map: {}                 # of the reference; accepted and ignored
//! acme:                         # a build
//!   strict: true                # optional: warnings that weaken the node are errors
//!   compile_targets:
//!     defaults:                 # merged under each target, flags and environment key by key; null removes a key
//!       flags: {}
//!     64bit_linux: { os: linux, arch: amd64 }
//!   packages: {}
//! ```
//!
//! [`Spec::parse`] reads the file, [`Spec::resolve`] validates one build and target, [`Spec::check`] all of them.

use std::fmt;
use std::io;

use crate::blocks::Blocks;
use crate::blocks::COMPILE_TARGETS;
use crate::blocks::PACKAGES;
use crate::blocks::check_build;
use crate::blocks::child;
use crate::findings::Findings;
use crate::flags::Flags;
use crate::near::Hint;
use crate::node;
use crate::node::Entry;
use crate::node::Value;
use crate::problem::Caution;
use crate::problem::Fault;
use crate::problem::Place;
use crate::problem::Problems;
use crate::problem::Warning;
use crate::target::Target;

/// Reads a file that a flag names. The path is as the buildspec has it: relative ones are relative to the buildspec.
pub type ReadFile<'a> = dyn Fn(&str) -> io::Result<String> + 'a;

/// The name of the block that every target inherits, and of the target that consists of it alone.
pub const DEFAULTS: &str = "defaults";

/// A parsed buildspec. It may hold secrets, so its `Debug` shows names only.
#[derive(Clone)]
pub struct Spec {
    file: String,
    builds: Vec<Entry>,
    flags_map: Option<u64>,
}

/// One build and target, validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Name of the build.
    pub build: String,
    /// Name of the compile target, [`DEFAULTS`] when none was chosen.
    pub target_name: String,
    /// Where the binary runs and what its file is called.
    pub target: Target,
    /// The flags.
    pub flags: Flags,
    /// What somebody should know.
    pub warnings: Vec<Warning>,
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let builds: Vec<&str> = self.builds().collect();
        f.debug_struct("Spec")
            .field("file", &self.file)
            .field("builds", &builds)
            .finish()
    }
}

impl Spec {
    /// Reads a buildspec. `file` is what errors call it.
    ///
    /// # Errors
    /// When the text is not YAML or not a map of builds.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let mut found = Findings::default();
        let top = Place {
            file: file.to_owned(),
            line: 1,
            path: String::new(),
        };
        let mut builds = Vec::new();
        match node::parse(text) {
            Ok(document) => {
                builds = found
                    .entries(&top.on(document.line), &document, "a map of builds")
                    .to_vec();
            }
            Err((line, fault)) => found.fault(&top.on(line), fault),
        }
        found.finish()?;
        let flags_map = builds
            .iter()
            .find(|entry| entry.key == FLAGS_MAP)
            .map(|entry| entry.line);
        builds.retain(|entry| entry.key != FLAGS_MAP);
        Ok(Self {
            file: file.to_owned(),
            builds,
            flags_map,
        })
    }

    /// The names of the builds, in the order of the file.
    pub fn builds(&self) -> impl Iterator<Item = &str> {
        self.builds.iter().map(|entry| entry.key.as_str())
    }

    /// The names of the compile targets of a build, without [`DEFAULTS`].
    pub fn targets(&self, build: &str) -> impl Iterator<Item = &str> {
        self.below(build, COMPILE_TARGETS)
    }

    /// The names of the packages of a build, without [`DEFAULTS`]. Their contents are not validated here.
    pub fn packages(&self, build: &str) -> impl Iterator<Item = &str> {
        self.below(build, PACKAGES)
    }

    /// Validates one build and one of its targets, or its defaults alone.
    ///
    /// # Errors
    /// With every mistake in what was chosen; mistakes in other builds and targets do not matter.
    pub fn resolve(
        &self,
        build: &str,
        target: Option<&str>,
        read: &ReadFile<'_>,
    ) -> Result<Resolved, Problems> {
        let target = target.unwrap_or(DEFAULTS);
        let mut found = Findings::default();
        let top = Place {
            file: self.file.clone(),
            line: 1,
            path: String::new(),
        };
        if let Some(line) = self.flags_map {
            found.warn(&top.key(FLAGS_MAP, line), Caution::FlagsMap);
        }
        let Some(entry) = self.builds.iter().find(|entry| entry.key == build) else {
            let hint = Hint::new(build, self.builds());
            return Err(found.fail(
                &top,
                Fault::UnknownBuild {
                    name: build.to_owned(),
                    hint,
                },
            ));
        };
        let place = top.key(build, entry.line);
        let strict = check_build(&place, &entry.value, &mut found);
        let blocks = match Blocks::choose(&place, &entry.value, target, &mut found) {
            Ok(blocks) => blocks,
            Err((place, fault)) => return Err(found.fail(&place, fault)),
        };
        let (description, flags) = blocks.read(build, target, read, &mut found);
        if strict {
            found.be_strict();
        }
        Ok(Resolved {
            build: build.to_owned(),
            target_name: target.to_owned(),
            target: description,
            flags,
            warnings: found.finish()?,
        })
    }

    /// Validates every build and every target.
    ///
    /// # Errors
    /// With every mistake in the file, each once.
    pub fn check(&self, read: &ReadFile<'_>) -> Result<Vec<Resolved>, Problems> {
        let mut all = Vec::new();
        let mut problems = Vec::new();
        for build in self.builds() {
            for target in [DEFAULTS].into_iter().chain(self.targets(build)) {
                match self.resolve(build, Some(target), read) {
                    Ok(resolved) => all.push(resolved),
                    Err(found) => problems.extend(found.0),
                }
            }
        }
        problems.sort_by_key(|problem| problem.place.line);
        let mut seen = Vec::new();
        problems.retain(|problem| {
            let new = !seen.contains(problem);
            seen.push(problem.clone());
            new
        });
        if problems.is_empty() {
            Ok(all)
        } else {
            Err(Problems(problems))
        }
    }

    fn below<'a>(&'a self, build: &str, block: &str) -> impl Iterator<Item = &'a str> {
        let body = self
            .builds
            .iter()
            .find(|entry| entry.key == build)
            .map(|entry| &entry.value);
        let names = body
            .and_then(|body| child(body, block))
            .map(|entry| &entry.value.value);
        let entries = match names {
            Some(Value::Map(entries)) => entries.as_slice(),
            Some(Value::Null | Value::Text(_) | Value::List(_)) | None => &[],
        };
        entries
            .iter()
            .map(|entry| entry.key.as_str())
            .filter(|name| *name != DEFAULTS)
    }
}

const FLAGS_MAP: &str = "flags_map";

#[cfg(test)]
mod tests;
