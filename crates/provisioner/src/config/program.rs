//! Who decides what a node becomes: a program, or the built-in authority and a template.

use std::path::Path;

use crate::config::fault::Fault;
use crate::config::given::Given;
use crate::config::keys::nodes;
use crate::config::settings::Builtin;
use crate::config::settings::Helper;
use crate::config::surroundings::Surroundings;

/// Reads `helper` and the block `builtin`.
pub(super) fn helper(given: &mut Given<'_>) -> Helper {
    let builtin = builtin(given);
    let name = nodes::HELPER.name;
    let place = given.place(name);
    let Some(node) = given.take(name) else {
        let why = "somebody must decide what a node becomes: a command line, or builtin";
        given.fault(place, Fault::Missing { why });
        return Helper::Program(Vec::new());
    };
    let Some(text) = given.text(&place, node) else {
        return Helper::Program(Vec::new());
    };
    if text.trim() == BUILTIN {
        return Helper::Builtin(builtin);
    }
    if let Some(place) = given.any_of("builtin.") {
        let reason = "belongs to the built-in helper, but helper is a program";
        given.fault(place, Fault::Conflict { reason });
    }
    match words(&text, given.around) {
        Ok(words) => Helper::Program(words),
        Err(fault) => {
            given.fault(place, fault);
            Helper::Program(Vec::new())
        }
    }
}

fn builtin(given: &mut Given<'_>) -> Builtin {
    Builtin {
        ca_dir: given.value(&nodes::CA_DIRECTORY).unwrap_or_default(),
        template: given.value(&nodes::TEMPLATE).unwrap_or_default(),
        validity: given.value(&nodes::VALIDITY).unwrap_or_default(),
    }
}

/// The words of a command line, the first of them the path of a program that can be run.
fn words(text: &str, around: &dyn Surroundings) -> Result<Vec<String>, Fault> {
    let refused = || Fault::Value {
        wanted: "a command line".to_owned(),
        found: None,
    };
    if text.contains('\0') {
        return Err(refused());
    }
    let mut words = shlex::split(text).ok_or(Fault::OpenQuote)?.into_iter();
    let first = words.next().filter(|word| !word.is_empty());
    let program = program(&first.ok_or_else(refused)?, around)?;
    Ok(std::iter::once(program).chain(words).collect())
}

fn program(word: &str, around: &dyn Surroundings) -> Result<String, Fault> {
    if !word.contains('/') {
        return in_path(word, around);
    }
    if !Path::new(word).is_absolute() {
        return Err(Fault::Value {
            wanted: "the absolute path of a program, or a name without slashes".to_owned(),
            found: Some(word.to_owned()),
        });
    }
    around
        .check_program(Path::new(word))
        .map_err(|reason| Fault::Program {
            program: word.to_owned(),
            reason,
        })?;
    Ok(word.to_owned())
}

/// The first directory of `PATH` decides, as for a shell; those that are not absolute would mean another program
/// wherever the provisioner is started from.
fn in_path(word: &str, around: &dyn Surroundings) -> Result<String, Fault> {
    let path = around.variable("PATH");
    path.iter()
        .flat_map(|path| path.expose().split(':'))
        .filter(|folder| folder.starts_with('/'))
        .map(|folder| format!("{}/{word}", folder.trim_end_matches('/')))
        .find(|candidate| around.check_program(Path::new(candidate)).is_ok())
        .ok_or_else(|| Fault::NotInPath {
            program: word.to_owned(),
        })
}

/// The helper that is no program.
const BUILTIN: &str = "builtin";
