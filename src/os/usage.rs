//! What the process uses of the machine.

use nix::sys::resource::UsageWho;
use nix::sys::resource::getrusage;
use nix::sys::time::TimeValLike as _;

/// Processor time of the process so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// In its own code, whole seconds: the reference's command line refuses fractions.
    pub user: i64,
    /// In the kernel for it, whole seconds.
    pub system: i64,
}

/// Processor time of the process so far; zero where the system does not tell.
#[must_use]
pub fn process_times() -> Times {
    getrusage(UsageWho::RUSAGE_SELF)
        .map(|usage| Times {
            user: usage.user_time().num_seconds(),
            system: usage.system_time().num_seconds(),
        })
        .unwrap_or_default()
}

/// Memory of the process that is resident, in bytes; `None` where the system does not tell.
#[must_use]
pub fn resident_memory() -> Option<u64> {
    resident(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// Processors that the process may use.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Where programs are looked for.
#[must_use]
pub fn search_path() -> String {
    std::env::var("PATH").unwrap_or_default()
}

/// The figure of a `/proc/<pid>/status`.
fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_told_in_bytes() {
        assert_eq!(
            resident("VmSize:\t 9 kB\nVmRSS:\t    4080 kB\n"),
            Some(4080 * 1024)
        );
        assert_eq!(resident("VmRSS:\t many kB\n"), None);
        assert_eq!(resident(""), None);
        assert!(resident_memory().is_some_and(|bytes| bytes > 100_000));
    }
}
