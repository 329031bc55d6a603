//! What reading a configuration asks of the machine.

use std::io;
use std::num::NonZeroUsize;
use std::path::Path;

use muster::secret::Secret;

/// The machine, as far as a configuration depends on it. [`super::Machine`] is the real one.
pub trait Surroundings {
    /// A variable of the environment.
    fn variable(&self, name: &str) -> Option<Secret<String>>;

    /// Processors, the default number of workers.
    fn processors(&self) -> NonZeroUsize;

    /// Reads a file with a secret.
    ///
    /// # Errors
    ///
    /// When it is no readable regular file of a reasonable size, or not text.
    fn secret_file(&self, path: &Path) -> io::Result<SecretFile>;

    /// Whether users who have no business with the provisioner may read a file.
    fn is_shared(&self, path: &Path) -> bool;

    /// Whether this process may run a file.
    ///
    /// # Errors
    ///
    /// Why not.
    fn check_program(&self, path: &Path) -> Result<(), NotAProgram>;
}

/// A file that holds a secret.
#[derive(Debug)]
pub struct SecretFile {
    /// Its content, whole.
    pub text: Secret<String>,
    /// Whether users who have no business with the provisioner may read it.
    pub shared: bool,
}

/// Why a file cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAProgram {
    /// There is none.
    #[error("does not exist")]
    Missing,
    /// A directory or something else that is no file.
    #[error("is not a regular file")]
    NotAFile,
    /// This user may not execute it.
    #[error("is not executable for this user")]
    NotExecutable,
    /// The system does not say.
    #[error("cannot be looked at")]
    Unreachable,
}
