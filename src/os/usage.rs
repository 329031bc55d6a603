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
