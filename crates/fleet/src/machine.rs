//! What the process may use of the machine, and what it used.

use std::fs;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::resource::Resource;
use nix::sys::resource::UsageWho;
use nix::sys::resource::getrlimit;
use nix::sys::resource::getrusage;
use nix::sys::resource::setrlimit;
use nix::sys::time::TimeVal;
use nix::sys::time::TimeValLike as _;

/// Processor time and memory of the process so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Processor time in its own code.
    pub user: Duration,
    /// Processor time in the kernel for it.
    pub system: Duration,
    /// Resident memory in bytes; 0 where the system does not tell.
    pub resident: u64,
    /// Most resident memory so far in bytes; 0 where the system does not tell.
    pub peak: u64,
}

/// Why not enough files can be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// The limit cannot be read or raised.
    #[error("the limit of open files cannot be raised")]
    Limit(#[source] Errno),
    /// The limit is too low even when raised.
    #[error(
        "{needed} open files are needed and at most {hard} are allowed: raise the hard limit (ulimit -Hn), or let more nodes share a connection"
    )]
    TooFew {
        /// For the connections and some more.
        needed: u64,
        /// The hard limit.
        hard: u64,
    },
}

/// Raises the limit of open files as far as it may be, which must be enough for this many connections.
///
/// # Errors
///
/// [`FilesError`] when it is not.
pub fn allow_connections(count: usize) -> Result<(), FilesError> {
    let needed = u64::try_from(count)
        .unwrap_or(u64::MAX)
        .saturating_add(SPARE);
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(FilesError::Limit)?;
    if needed > hard {
        return Err(FilesError::TooFew { needed, hard });
    }
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_err(FilesError::Limit)?;
    }
    Ok(())
}

impl Usage {
    /// Of this process until now; what the system does not tell is zero.
    #[must_use]
    pub fn now() -> Self {
        let times = getrusage(UsageWho::RUSAGE_SELF).ok();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            user: times.map_or(Duration::ZERO, |usage| duration(usage.user_time())),
            system: times.map_or(Duration::ZERO, |usage| duration(usage.system_time())),
            resident: bytes(&status, "VmRSS:").unwrap_or_default(),
            peak: bytes(&status, "VmHWM:").unwrap_or_default(),
        }
    }
}

fn duration(time: TimeVal) -> Duration {
    Duration::from_micros(u64::try_from(time.num_microseconds()).unwrap_or_default())
}

/// A figure of a `/proc/<pid>/status`.
fn bytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// For what is open besides connections: files being written, the runtime's own.
const SPARE: u64 = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_used_something() {
        let usage = Usage::now();
        assert!(usage.resident > 100_000 && usage.peak >= usage.resident / 2);
        assert!(usage.user + usage.system > Duration::ZERO);
    }

    #[test]
    fn more_connections_than_files_are_refused_with_both_figures() {
        assert_eq!(allow_connections(1), Ok(()));
        assert!(matches!(
            allow_connections(usize::MAX),
            Err(FilesError::TooFew {
                needed: u64::MAX,
                ..
            })
        ));
    }
}
