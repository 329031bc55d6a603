//! What the process gives up at its start.

use nix::sys::prctl;
use nix::sys::stat::Mode;
use nix::sys::stat::umask;

/// New files are closed to others unless their mode is set deliberately, and no program that is run from here gains
/// privileges by its setuid bit. To be called first, while there is one thread: threads inherit both.
///
/// # Errors
///
/// [`PrivilegesError`] on a kernel older than 3.5.
pub fn restrict() -> Result<(), PrivilegesError> {
    umask(Mode::S_IRWXG | Mode::S_IRWXO);
    prctl::set_no_new_privs().map_err(PrivilegesError)
}

/// The kernel does not let privileges be given up.
#[derive(Debug, thiserror::Error)]
#[error("cannot give up gaining privileges")]
pub struct PrivilegesError(#[source] nix::Error);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_closed_and_gains_no_privileges() {
        restrict().unwrap();
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        assert!(status.contains("\nUmask:\t0077\n"));
        assert!(status.contains("\nNoNewPrivs:\t1\n"));
    }
}
