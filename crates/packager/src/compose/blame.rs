//! Which crate it was, when cargo cannot build the program. The errors of a compiler are shown as they are; this adds the
//! sentence that their reader needs first.

use std::fmt;

use super::Composed;
use super::Ingredient;

/// Whose mistake it is that a program cannot be built.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blame {
    /// A crate exports no agent.
    NoExport(Ingredient),
    /// What a crate exports under the name is no agent of this muster.
    OtherExport(Ingredient),
    /// The lock file of the company is not up to date.
    Lock,
}

impl Composed {
    /// Reads what cargo wrote to standard error; nothing when it is none of these.
    #[must_use]
    pub fn blame(&self, said: &str) -> Option<Blame> {
        if self.locked && said.contains("--locked") {
            return Some(Blame::Lock);
        }
        // rustc quotes names in backticks and shows the line of main.rs
        self.agents.iter().find_map(|agent| {
            let missing = format!("in crate `{}`", agent.key);
            let named = format!("{}::COMPANY", agent.key);
            if said.contains("E0425") && said.contains(&missing) {
                return Some(Blame::NoExport(agent.clone()));
            }
            let odd = said.contains("E0308") || said.contains("E0603");
            (odd && said.contains(&named)).then(|| Blame::OtherExport(agent.clone()))
        })
    }
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoExport(Ingredient { place, krate, .. }) => write!(
                f,
                "{place}: the crate {krate} does not export `pub const COMPANY: muster::company::Company`"
            ),
            Self::OtherExport(Ingredient { place, krate, .. }) => write!(
                f,
                "{place}: what the crate {krate} exports as COMPANY is no `muster::company::Company` of this muster"
            ),
            Self::Lock => f.write_str(
                "the company's lock file does not fit its agents: build once without it and keep the new Cargo.lock",
            ),
        }
    }
}
