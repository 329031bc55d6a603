//! `rollback`: puts the configuration back that the one in place has replaced.

use std::io::Write;
use std::path::Path;

use super::ReturnArgs;
use super::ReturnError;
use super::done;
use super::found;
use super::question::Person;
use crate::agents::provision::NoStart;
use crate::agents::provision::StartsAs;
use crate::cli::Program;
use crate::cli::error::CliError;
use crate::config::Source;
use crate::os::clock::Clock as _;
use crate::os::clock::SystemClock;
use crate::os::configuration;
use crate::os::transaction;
use crate::os::transaction::Fate;
use crate::os::transaction::Follows;
use crate::os::transaction::Generation;
use crate::os::transaction::GenerationState;
use crate::os::transaction::Kept;
use crate::os::transaction::TransactionError;
use crate::report::Exit;
use crate::server::beside;
use crate::server::beside::Beside;
use crate::server::status::rfc3339;

/// Puts the previous configuration back.
pub(in crate::cli) fn run(
    args: &ReturnArgs,
    program: &Program<'_>,
    person: &mut Person<'_>,
    out: &mut dyn Write,
) -> Result<Exit, CliError> {
    // what is in place from here on is what is shown
    let (node, generations) = found(args, program, person)?;
    let (files, state_dir) = (node.files.as_ref(), node.state_dir.as_path());
    let current = transaction::current(files, state_dir).map_err(ReturnError::Files)?;
    let kept = transaction::kept(files, state_dir).map_err(ReturnError::Files)?;
    let Some(kept) = kept else {
        return Err(ReturnError::NothingKept {
            config_file: node.config_file,
        }
        .into());
    };
    let starts = judge(&node)?;
    tell(current.as_ref(), &kept, starts, out)?;
    if !person.agrees("Return to the kept one?", args.consent(), out)? {
        writeln!(out, "Nothing has changed.")?;
        return Ok(Exit::Negative);
    }
    let committed = generations
        .rollback(SystemClock.now(), Follows::ByItself)
        .map_err(ReturnError::Files)?;
    done(&committed, out)?;
    Ok(Exit::Ok)
}

/// As what the node would start afterwards. One that would not start is lost, whatever it is now.
fn judge(node: &Beside) -> Result<StartsAs, ReturnError> {
    let files = node.files.as_ref();
    let target = configuration::target(files, &node.config_file)
        .map_err(|err| ReturnError::Files(TransactionError::File(err)))?;
    let path = node.config_file.display().to_string();
    let fate = transaction::fate(files, &node.state_dir, &target).map_err(ReturnError::Files)?;
    main(fate, &path, &node.config_file)
        .and_then(|main| beside::starts(&node.config_file, &node.build, main.as_ref()))
        .map_err(ReturnError::WouldNotStart)
}

fn main(fate: Fate, path: &str, config_file: &Path) -> Result<Option<Source>, NoStart> {
    match fate {
        Fate::Leaves => Ok(None),
        Fate::Returns(content) => Ok(Some(Source::from_bytes(path, content.expose().clone())?)),
        Fate::Stays => Ok(configuration::read(config_file)?.main),
    }
}

fn tell(
    current: Option<&Generation>,
    kept: &Kept,
    starts: StartsAs,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    writeln!(
        out,
        "This node returns to the configuration before the one in place.\n"
    )?;
    writeln!(out, "  in place   {}", described(current))?;
    writeln!(out, "  kept       {}", described(kept.generation.as_ref()))?;
    let as_what = match starts {
        StartsAs::Waiting => "and waits for a provisioner",
        StartsAs::Normal => "as a member of its fleet",
    };
    writeln!(out, "  starts     {as_what}")?;
    let lists = [("replaced", &kept.returning), ("removed", &kept.leaving)];
    for (label, paths) in lists {
        for (number, path) in paths.iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            writeln!(out, "  {label:<10} {}", path.display())?;
        }
    }
    writeln!(
        out,
        "  way back   the same command: what is given up now is kept\n"
    )?;
    Ok(())
}

fn described(generation: Option<&Generation>) -> String {
    let Some(generation) = generation else {
        return "what was there before the first generation".to_owned();
    };
    let state = match generation.state {
        GenerationState::Trial => "on trial",
        GenerationState::Committed => "committed",
    };
    let gave_up = generation.gave_up.map_or_else(String::new, |number| {
        format!(", in place of {number} that was given up")
    });
    format!(
        "generation {}, {state}, written {}{gave_up}",
        generation.number,
        rfc3339(generation.written_at)
    )
}
