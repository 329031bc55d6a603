//! What holds, and how a node counts.

use std::fmt;

use crate::table::Moment;

/// Why no node begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// An operator said so.
    Paused {
        /// The operator's reason.
        why: String,
    },
    /// Too many of the last nodes failed.
    Breaker {
        /// Failures.
        failed: usize,
        /// Of so many nodes.
        of: usize,
    },
    /// So many began in the last minute as may.
    Rate {
        /// When the next one may.
        until: Moment,
    },
    /// The first nodes must be seen in production before others begin.
    Canary {
        /// Seen so far.
        confirmed: usize,
        /// So many must be.
        wanted: usize,
        /// Begun, and neither failed nor put off.
        begun: usize,
    },
    /// No node would fare well until somebody repairs something.
    Site {
        /// What is wrong.
        fault: String,
        /// When a trial is made; nothing while one is.
        next_trial: Option<Moment>,
    },
    /// The process ends.
    Draining,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused { why } if why.is_empty() => f.write_str("paused by an operator"),
            Self::Paused { why } => write!(f, "paused by an operator: {why}"),
            Self::Breaker { failed, of } => write!(
                f,
                "paused because {failed} of the last {of} nodes failed, until resume"
            ),
            Self::Rate { until: _ } => f.write_str("max_per_minute is reached"),
            Self::Canary {
                confirmed,
                wanted,
                begun,
            } => write!(
                f,
                "waits for canaries: {confirmed} of {wanted} seen in production, {begun} begun"
            ),
            Self::Site {
                fault,
                next_trial: Some(_),
            } => write!(
                f,
                "the site is at fault: {fault}; a trial is made now and then"
            ),
            Self::Site {
                fault,
                next_trial: None,
            } => write!(f, "the site is at fault: {fault}; a trial is made just now"),
            Self::Draining => f.write_str("this process ends"),
        }
    }
}

/// How a node that began counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was provisioned.
    Good,
    /// It failed, and the template may be why.
    Failed,
    /// Neither: deferred, locked, refused, interrupted, or the site's fault.
    Neutral,
}
