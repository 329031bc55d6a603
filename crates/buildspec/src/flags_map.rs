//! `flags_map`: the reference's list of names and Go variables.

use crate::caution::Caution;
use crate::findings::Findings;
use crate::package::Program;
use crate::problem::Place;
use crate::yaml::Entry;
use crate::yaml::Value;

/// What of the reference's list of flag names matters.
#[derive(Clone, Copy)]
pub(crate) struct FlagsMap {
    line: u64,
    /// What targets make that do not say: the provisioner of the reference has a buildspec of its own.
    program: Program,
}

impl FlagsMap {
    pub(crate) fn new(entry: &Entry) -> Self {
        let of_provisioner = |value: &str| PROVISIONERS.iter().any(|path| value.starts_with(path));
        let provisioner = match &entry.value.value {
            Value::Map(flags) => flags.iter().any(
                |flag| matches!(&flag.value.value, Value::Text(value) if of_provisioner(value)),
            ),
            Value::Null | Value::Text(_) | Value::List(_) => false,
        };
        Self {
            line: entry.line,
            program: if provisioner {
                Program::Provisioner
            } else {
                Program::Agent
            },
        }
    }

    /// What targets make that do not say.
    pub(crate) fn program(self) -> Program {
        self.program
    }

    /// Says that it is ignored, and what follows from it all the same.
    pub(crate) fn note(self, top: &Place, found: &mut Findings) {
        let place = top.key(FLAGS_MAP, self.line);
        found.warn(&place, Caution::FlagsMap);
        match self.program {
            Program::Agent => {}
            Program::Provisioner => found.warn(&place, Caution::ProvisionerOfReference),
        }
    }
}

pub(crate) const FLAGS_MAP: &str = "flags_map";
/// Where the Go variables of the reference's provisioner are, in its own repository and in the one it was in before.
const PROVISIONERS: &[&str] = &[
    "github.com/choria-io/provisioner/",
    "github.com/choria-io/provisioning-agent/",
];
