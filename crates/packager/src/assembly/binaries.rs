//! The program of each compile target: compiled, or taken over from whoever compiled it before.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use buildspec::Fault;
use buildspec::Platform;
use buildspec::Problems;
use buildspec::Program;
use buildspec::Resolved;

use super::company::CompanyError;
use super::company::Staff;
use super::recipe::Recipe;
use super::sources::Sources;
use super::steps::Commands;
use super::steps::StepError;
use super::wanted::Asked;
use super::wanted::Wanted;
use crate::compile;
use crate::compile::CompileError;
use crate::compile::Order;
use crate::compile::Profile;
use crate::compose::Composed;

/// What binaries are made of, and how.
#[derive(Debug, Clone, Copy)]
pub struct Making<'a> {
    /// The checkout.
    pub sources: &'a Sources,
    /// The buildspec.
    pub recipe: &'a Recipe,
    /// Where cargo works.
    pub target_folder: &'a Path,
    /// How well it optimises.
    pub profile: Profile,
    /// Whether the commands of the buildspec run.
    pub commands: Commands,
    /// The company's agents.
    pub staff: Option<&'a Staff>,
    /// Binaries that are there already.
    pub prebuilt: &'a [Prebuilt],
    /// A folder with binaries that are there already, by their names.
    pub cache: Option<&'a Path>,
}

/// A binary that somebody made before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prebuilt {
    /// The compile target that it is of.
    pub target: String,
    /// The file.
    pub file: PathBuf,
}

/// A finished binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// Its file.
    pub file: PathBuf,
    /// `output` of its compile target, without placeholders.
    pub name: String,
    /// What it runs on.
    pub platform: Platform,
    /// Its debug information, where it was made here.
    pub debug: Option<PathBuf>,
    /// What is in it, where it was made here.
    pub sbom: Option<Vec<u8>>,
}

/// Binaries by the names of their compile targets.
#[derive(Debug, Default)]
pub struct Binaries {
    /// Those that were made or taken over.
    pub made: BTreeMap<String, Binary>,
}

/// A binary that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BinariesError {
    /// The buildspec is wrong.
    #[error(transparent)]
    Problems(#[from] Problems),
    /// The name of the file cannot be made.
    #[error("the output of the compile target {target} cannot be named")]
    Output {
        /// The compile target.
        target: String,
        /// Why not.
        #[source]
        err: Fault,
    },
    /// Two compile targets would make the same file.
    #[error("the compile targets {first} and {second} both have the output {name}")]
    SameOutput {
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// The file.
        name: String,
    },
    /// The name of the file leads elsewhere.
    #[error("the output {name:?} of the compile target {target} is not the name of a file")]
    OutputName {
        /// The compile target.
        target: String,
        /// What stands there.
        name: String,
    },
    /// A binary is given for a target that is not asked for.
    #[error("a binary is given for {target}, which is not a compile target of what is made")]
    NotWanted {
        /// The name that was given.
        target: String,
    },
    /// Two binaries are given for one target.
    #[error("two binaries are given for {target}")]
    GivenTwice {
        /// The compile target.
        target: String,
    },
    /// A binary that is given is not there.
    #[error("cannot read the binary {}", file.display())]
    Prebuilt {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The company's agents cannot be built in.
    #[error(transparent)]
    Company(#[from] CompanyError),
    /// A command of the buildspec failed.
    #[error(transparent)]
    Step(#[from] StepError),
    /// It cannot be compiled, or is not what it should be.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A file of the work cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
}

impl Binaries {
    /// Makes the binaries of these compile targets, or takes them over.
    ///
    /// # Errors
    /// With the first that cannot be made.
    pub fn make(
        making: &Making<'_>,
        wanted: Wanted,
        say: &mut dyn FnMut(&str),
    ) -> Result<Self, BinariesError> {
        let mut binaries = Self::default();
        let mut composed = None;
        for asked in &wanted.targets {
            if let (Some(staff), Program::Agent) = (making.staff, asked.resolved.target.program) {
                staff.fits(&asked.resolved)?;
            }
        }
        for Asked {
            resolved,
            platform,
            name,
        } in wanted.targets
        {
            let target = resolved.target_name.clone();
            let binary = match making.existing(&target, &name) {
                Some(file) => taken_over(file, name, platform, say)?,
                None => making.compiled(&resolved, platform, name, &mut composed, say)?,
            };
            binaries.made.insert(target, binary);
        }
        Ok(binaries)
    }
}

impl Making<'_> {
    fn existing(&self, target: &str, name: &str) -> Option<PathBuf> {
        let given = self
            .prebuilt
            .iter()
            .find(|prebuilt| prebuilt.target == target);
        given.map(|prebuilt| prebuilt.file.clone()).or_else(|| {
            self.cache
                .map(|folder| folder.join(name))
                .filter(|file| file.is_file())
        })
    }

    fn compiled(
        &self,
        resolved: &Resolved,
        platform: Platform,
        name: String,
        composed: &mut Option<Composed>,
        say: &mut dyn FnMut(&str),
    ) -> Result<Binary, BinariesError> {
        let steps = resolved.target.commands();
        let nothing = BTreeMap::new();
        let folder = &self.sources.folder;
        self.commands.run(&steps.pre, folder, None, say)?;
        if resolved.target.program == Program::Agent
            && composed.is_none()
            && let Some(staff) = self.staff
        {
            let into = self.target_folder.join("company").join(&resolved.build);
            *composed = Some(staff.compose(folder, &into)?);
        }
        let composed = match resolved.target.program {
            Program::Agent => composed.as_ref(),
            Program::Provisioner => None,
        };
        say(&format!("compiling {name} for {platform}"));
        let compiled = compile::compile(
            &Order {
                sources: folder,
                target_folder: self.target_folder,
                buildspec: &self.recipe.file,
                build: &resolved.build,
                target: &resolved.target_name,
                platform,
                program: resolved.target.program,
                version: &self.sources.version,
                revision: &self.sources.revision,
                source_date: self.sources.date,
                environment: match self.commands {
                    Commands::Allowed => &steps.environment,
                    Commands::Skipped => &nothing,
                },
                profile: self.profile,
                composed,
            },
            say,
        )?;
        if let Some(composed) = composed.filter(|composed| !composed.locked) {
            say(&format!(
                "the crates of the agents were chosen anew: keep {} as agents.lock beside agents.yaml to have the same again",
                composed.lock.display()
            ));
        }
        let binary = Binary {
            file: self.keep(&resolved.build, &name, &compiled.binary)?,
            debug: Some(self.keep(&resolved.build, &format!("{name}.debug"), &compiled.debug)?),
            sbom: Some(compiled.sbom),
            name,
            platform,
        };
        self.commands
            .run(&steps.post, folder, Some(&binary.file), say)?;
        compile::verify(&binary.file, platform)?;
        Ok(binary)
    }

    /// Cargo has one place for all builds of a platform; each build's binary gets its own before the next one is made.
    fn keep(&self, build: &str, name: &str, made: &Path) -> Result<PathBuf, BinariesError> {
        let folder = self.target_folder.join("binaries").join(build);
        let path = folder.join(name);
        fs::create_dir_all(&folder)
            .and_then(|()| fs::copy(made, &path).map(drop))
            .map_err(|err| BinariesError::Write {
                path: path.clone(),
                err,
            })?;
        Ok(path)
    }
}

fn taken_over(
    file: PathBuf,
    name: String,
    platform: Platform,
    say: &mut dyn FnMut(&str),
) -> Result<Binary, BinariesError> {
    if let Err(err) = fs::metadata(&file) {
        return Err(BinariesError::Prebuilt { file, err });
    }
    compile::verify(&file, platform)?;
    say(&format!("taking over {} as {name}", file.display()));
    Ok(Binary {
        file,
        name,
        platform,
        debug: None,
        sbom: None,
    })
}
