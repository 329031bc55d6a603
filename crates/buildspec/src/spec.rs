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
//! [`Spec::parse`] reads the file, [`Spec::resolve`] validates one build and target, [`Spec::package`] one package,
//! [`Spec::check`] all of them.

use std::fmt;
use std::io;

use crate::blocks::Blocks;
use crate::blocks::COMPILE_TARGETS;
use crate::blocks::PACKAGES;
use crate::blocks::check_build;
use crate::blocks::child;
use crate::caution::Caution;
use crate::fault::Fault;
use crate::findings::Dead;
use crate::findings::Findings;
use crate::flags::Flags;
use crate::flags_map::FLAGS_MAP;
use crate::flags_map::FlagsMap;
use crate::machine::Machine;
use crate::near::Hint;
use crate::package::Program;
use crate::platform::Platform;
use crate::problem::Place;
use crate::problem::Problems;
use crate::problem::Warning;
use crate::steps::Commands;
use crate::target::Target;
use crate::yaml;
use crate::yaml::AliasLimits;
use crate::yaml::Entry;
use crate::yaml::Value;

/// Reads a file that a flag names. The path is as the buildspec has it: relative ones are relative to the buildspec.
pub type ReadFile<'a> = dyn Fn(&str) -> io::Result<String> + 'a;

/// The name of the block that every target inherits, and of the target that consists of it alone.
pub const DEFAULTS: &str = "defaults";

/// A parsed buildspec. It may hold secrets, so its `Debug` shows names only.
#[derive(Clone)]
pub struct Spec {
    file: String,
    builds: Vec<Entry>,
    flags_map: Option<FlagsMap>,
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

/// Whether binaries of a target are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetChoice {
    /// They are, for this platform.
    Built(Box<Resolved>, Platform),
    /// They are not: the reference knows the machine, we do not build for it. The warnings say so.
    Skipped(Vec<Warning>),
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
        match yaml::parse(text, ALIASES) {
            Ok(document) => {
                builds = found
                    .entries(&top.on(document.line), &document, "a map of builds")
                    .to_vec();
            }
            Err(err) => found.fault(
                &top.on(err.line.unwrap_or(1)),
                Fault::Syntax { text: err.text },
            ),
        }
        found.finish()?;
        let flags_map = builds
            .iter()
            .find(|entry| entry.key == FLAGS_MAP)
            .map(FlagsMap::new);
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
        self.look(build, target.unwrap_or(DEFAULTS), read)
            .map(|(resolved, _)| resolved)
    }

    /// Validates one target, and tells whether binaries are made for its machine.
    ///
    /// # Errors
    /// As [`Self::resolve`]. A target that is skipped is validated all the same.
    pub fn target_choice(
        &self,
        build: &str,
        target: &str,
        read: &ReadFile<'_>,
    ) -> Result<TargetChoice, Problems> {
        let (resolved, machine) = self.look(build, target, read)?;
        Ok(match machine {
            Some(Machine::Built(platform)) => TargetChoice::Built(Box::new(resolved), platform),
            Some(Machine::Skipped(_)) => {
                let skipped =
                    |warning: &Warning| matches!(warning.caution, Caution::TargetSkipped { .. });
                let mut warnings = resolved.warnings;
                warnings.retain(skipped);
                TargetChoice::Skipped(warnings)
            }
            // the defaults alone run nowhere
            None => {
                let hint = Hint::new(target, self.targets(build));
                let name = target.to_owned();
                let fault = Fault::UnknownTarget { name, hint };
                return Err(Findings::default().fail(Dead::new(&self.top(), fault)));
            }
        })
    }

    /// The commands and variables of a target that are not about Go.
    ///
    /// # Errors
    /// With every mistake in the target; its flags are not read.
    pub fn commands(&self, build: &str, target: &str) -> Result<Commands, Problems> {
        let mut found = Findings::default();
        let blocks = self
            .chosen(build)
            .and_then(|(place, entry)| Blocks::choose(&place, &entry.value, target, &mut found));
        let blocks = match blocks {
            Ok(blocks) => blocks,
            Err(dead) => return Err(found.fail(dead)),
        };
        let (description, _) = blocks.describe(target, self.program(), &mut found);
        found.finish()?;
        Ok(description.commands())
    }

    /// Validates every build, every target and every package.
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
            let keys: Vec<&str> = self.packages(build).collect();
            if let Err(found) = self.package_set(build, &keys, read) {
                problems.extend(found.0);
            }
        }
        Problems::once(problems).map(|()| all)
    }

    fn look(
        &self,
        build: &str,
        target: &str,
        read: &ReadFile<'_>,
    ) -> Result<(Resolved, Option<Machine>), Problems> {
        let mut found = Findings::default();
        if let Some(map) = &self.flags_map {
            map.note(&self.top(), &mut found);
        }
        let (place, entry) = match self.chosen(build) {
            Ok(chosen) => chosen,
            Err(dead) => return Err(found.fail(dead)),
        };
        let strict = check_build(&place, &entry.value, &mut found);
        let blocks = match Blocks::choose(&place, &entry.value, target, &mut found) {
            Ok(blocks) => blocks,
            Err(dead) => return Err(found.fail(dead)),
        };
        let (description, machine) = blocks.describe(target, self.program(), &mut found);
        if let Some(Machine::Skipped(machine)) = machine {
            found.warn(blocks.innermost(), Caution::TargetSkipped { machine });
        }
        let flags = blocks.flags(build, target, &description, read, &mut found);
        if strict {
            found.be_strict();
        }
        let resolved = Resolved {
            build: build.to_owned(),
            target_name: target.to_owned(),
            target: description,
            flags,
            warnings: found.finish()?,
        };
        Ok((resolved, machine))
    }

    /// A build and its place.
    pub(crate) fn chosen(&self, build: &str) -> Result<(Place, &Entry), Dead> {
        let top = self.top();
        let Some(entry) = self.builds.iter().find(|entry| entry.key == build) else {
            let hint = Hint::new(build, self.builds());
            let name = build.to_owned();
            return Err(Dead::new(&top, Fault::UnknownBuild { name, hint }));
        };
        Ok((top.key(build, entry.line), entry))
    }

    /// What targets make that do not say.
    pub(crate) fn program(&self) -> Program {
        self.flags_map
            .map_or_else(Program::default, FlagsMap::program)
    }

    fn top(&self) -> Place {
        Place {
            file: self.file.clone(),
            line: 1,
            path: String::new(),
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

/// A file that somebody keeps for many targets and packages may refer to one block often.
pub(crate) const ALIASES: AliasLimits = AliasLimits {
    values: 100_000,
    references: 1000,
};

#[cfg(test)]
mod tests;
