//! The program of a company: our library and the company's agents in one generated crate, below the target folder. The
//! checkout is not touched.
//!
//! ```text
//!  into/Cargo.toml     muster, each crate of agents.yaml, our profiles           (manifest)
//!  into/src/main.rs    one line for each agent: nothing registers itself         (program)
//!  into/Cargo.lock     agents.lock beside agents.yaml, else a copy of ours       (lock)
//!  into/tree        -> the folder that the checkout and all paths of the file are below
//! ```
//!
//! The link is why two builds in different folders can be the same bytes: cargo mixes the path of a crate into everything
//! it makes, and takes the path relative to the generated crate where it can. It is also why a path that a company's crate
//! has in its own `Cargo.toml` still leads where it leads at home.
//!
//! A program has one muster. A crate that names another one is refused; one that asks a registry for muster is given this
//! checkout. Files that would not change are not touched, so that cargo has nothing to do twice.

mod blame;
mod error;
mod ingredient;
mod lock;
mod manifest;
mod program;
mod sources;
mod tree;

use std::path::Path;
use std::path::PathBuf;

use buildspec::CompanyAgent;
use muster::os::atomic_file;
use muster::os::files::RealFiles;

pub use blame::Blame;
pub use error::AgentFault;
pub use error::AgentProblem;
pub use error::CargoSaid;
pub use error::ComposeError;
pub use ingredient::Ingredient;

use sources::Sources;
use tree::Tree;

/// A generated crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// Its `Cargo.toml`.
    pub manifest: PathBuf,
    /// Name of its package and of its binary.
    pub name: String,
    /// Its `Cargo.lock`: what a company keeps as `agents.lock`, to build the same again.
    pub lock: PathBuf,
    /// Whether cargo must keep to that file (`--locked`), because it is the company's own.
    pub locked: bool,
    /// The agents in it, in the order of the program.
    pub agents: Vec<Ingredient>,
}

/// Generates the crate `into`, or brings it up to date. `agents_folder` is where paths of `agents.yaml` count from, `lock`
/// is the company's own lock file.
///
/// # Errors
///
/// [`ComposeError`] with what is wrong and where; nothing that cargo would build was written then.
pub fn compose(
    sources: &Path,
    agents: &[CompanyAgent],
    agents_folder: &Path,
    into: &Path,
    lock: Option<&Path>,
) -> Result<Composed, ComposeError> {
    let into = &std::path::absolute(into).map_err(|err| ComposeError::Folder {
        path: into.to_owned(),
        err,
    })?;
    let sources = Sources::read(sources)?;
    let ingredients = ingredient::all(agents)?;
    let tree = Tree::of(&sources, &ingredients, agents_folder)?;
    let lock_text = lock::text(&sources, lock)?;
    std::fs::create_dir_all(into.join("src")).map_err(|err| ComposeError::Folder {
        path: into.to_owned(),
        err,
    })?;
    tree.link(into)?;
    tree.leads_to_one_muster(into, &sources, &ingredients)?;
    let manifest = into.join("Cargo.toml");
    write(&manifest, &manifest::text(&sources, &ingredients, &tree))?;
    write(&into.join("src/main.rs"), &program::text(&ingredients))?;
    lock::place(into, &lock_text, lock)?;
    Ok(Composed {
        manifest,
        name: NAME.to_owned(),
        lock: into.join(lock::NAME),
        locked: lock.is_some(),
        agents: ingredients,
    })
}

/// Replaces a file unless it has this text already: cargo goes by times.
fn write(path: &Path, text: &str) -> Result<(), ComposeError> {
    if std::fs::read(path).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(());
    }
    atomic_file::write(&RealFiles, path, text.as_bytes(), 0o644).map_err(|err| {
        ComposeError::Write {
            path: path.to_owned(),
            err,
        }
    })
}

/// Name of the generated package; `muster` would be two packages of one name.
const NAME: &str = "muster-with-agents";

#[cfg(test)]
mod tests;
