//! The running program, and how to become it anew.
//!
//! A restart keeps the process id, the arguments and the environment, and runs whatever is at the program's path by
//! then: after an upgrade that is the new version. The path is read once at the start, because later the kernel may
//! call it `/usr/sbin/muster (deleted)`; it is not taken from `argv[0]`, which may be a bare name or relative to a
//! directory that is no longer the current one. Open files are not handed over (all are close-on-exec).

use std::convert::Infallible;
use std::env;
use std::ffi::CString;
use std::ffi::NulError;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::path::PathBuf;

use nix::unistd::AccessFlags;

/// The program as it was started.
#[derive(Clone)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

impl Program {
    /// The program that runs now. To be called at the very start.
    ///
    /// # Errors
    ///
    /// [`ExecError::Unknown`] if the kernel does not tell its path.
    pub fn running() -> Result<Self, ExecError> {
        let link = fs::read_link(OWN_PROGRAM).map_err(|err| ExecError::Unknown { err })?;
        Ok(Self {
            path: named(link),
            arguments: env::args_os().collect(),
            environment: env::vars_os().collect(),
        })
    }

    /// Where the program is, or was.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether [`Program::reexec`] has a chance: something executable is at the path. To be asked before anything is
    /// shut down for its sake.
    ///
    /// # Errors
    ///
    /// [`ExecError::NotExecutable`] otherwise.
    pub fn check(&self) -> Result<(), ExecError> {
        nix::unistd::access(&self.path, AccessFlags::X_OK).map_err(|err| ExecError::NotExecutable {
            path: self.path.clone(),
            err,
        })
    }

    /// Becomes the program anew. Returns only if that fails; no destructor runs if it does not.
    ///
    /// # Errors
    ///
    /// [`ExecError::Refused`] with the kernel's reason; the process goes on as it was.
    pub fn reexec(&self) -> Result<Infallible, ExecError> {
        let environment = self.environment.iter().map(|(name, value)| {
            let mut entry = name.clone();
            entry.push("=");
            entry.push(value);
            entry
        });
        let path = c_string(self.path.clone().into_os_string())?;
        let arguments = self
            .arguments
            .iter()
            .cloned()
            .map(c_string)
            .collect::<Result<Vec<_>, _>>()?;
        let environment = environment.map(c_string).collect::<Result<Vec<_>, _>>()?;
        nix::unistd::execve(&path, &arguments, &environment).map_err(|err| ExecError::Refused {
            path: self.path.clone(),
            err,
        })
    }
}

/// Without arguments and environment: people put secrets there.
impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The program cannot be found or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecError {
    /// The kernel does not tell which program runs (no `/proc`).
    #[error("cannot find the path of the running program")]
    Unknown {
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// Nothing executable is at the program's path any more.
    #[error("{} is not executable", path.display())]
    NotExecutable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: nix::Error,
    },
    /// A path, argument or variable has a NUL in it.
    #[error("cannot pass on an argument or variable")]
    Nul(#[source] NulError),
    /// The kernel refused to run it.
    #[error("cannot run {}", path.display())]
    Refused {
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: nix::Error,
    },
}

/// The name of a program that was replaced between its start and our look: the kernel appends a word to it.
fn named(link: PathBuf) -> PathBuf {
    match link.as_os_str().as_bytes().strip_suffix(DELETED) {
        Some(name) if !link.exists() => PathBuf::from(OsStr::from_bytes(name)),
        Some(_) | None => link,
    }
}

fn c_string(text: OsString) -> Result<CString, ExecError> {
    CString::new(text.into_vec()).map_err(ExecError::Nul)
}

const OWN_PROGRAM: &str = "/proc/self/exe";
const DELETED: &[u8] = b" (deleted)";

#[cfg(test)]
mod tests {
    use super::*;

    fn program(path: &str, argument: &str) -> Program {
        Program {
            path: path.into(),
            arguments: vec![argument.into()],
            environment: Vec::new(),
        }
    }

    #[test]
    fn a_replaced_program_is_found_under_its_name() {
        assert_eq!(named("/no/such (deleted)".into()), Path::new("/no/such"));
        let dir = tempfile::tempdir().unwrap();
        let odd = dir.path().join("odd (deleted)");
        fs::File::create(&odd).unwrap();
        assert_eq!(named(odd.clone()), odd);
    }

    #[test]
    fn the_running_program_can_be_run_again() {
        let running = Program::running().unwrap();
        assert_eq!(running.path(), env::current_exe().unwrap());
        running.check().unwrap();
    }

    #[test]
    fn a_missing_program_is_noticed_before_and_at_the_restart() {
        let missing = program("/no/such", "muster");
        assert!(matches!(
            missing.check(),
            Err(ExecError::NotExecutable { .. })
        ));
        assert!(matches!(missing.reexec(), Err(ExecError::Refused { .. })));
    }

    #[test]
    fn an_argument_with_a_nul_is_refused() {
        let odd = program("/no/such", "a\0b");
        assert!(matches!(odd.reexec(), Err(ExecError::Nul(_))));
    }

    #[test]
    fn debug_shows_no_arguments() {
        let text = format!("{:?}", program("/bin/x", "toomanysecrets"));
        assert!(text.contains("/bin/x") && !text.contains("toomanysecrets"));
    }
}
