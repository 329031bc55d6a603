//! Finding the nodes, calling them, handing the answers on.

use std::fs::File;
use std::io::BufWriter;
use std::io::Write;
use std::time::Duration;

use super::args::ReqArgs;
use super::plan::Plan;
use super::plan::plan;
use super::print::Timing;
use super::print::print;
use crate::cli::client::context::Context;
use crate::cli::client::error::OperatorError;
use crate::cli::client::nodes;
use crate::cli::client::nodes::Targets;
use crate::cli::client::progress::Progress;
use crate::cli::client::render::reply_line;
use crate::client::Answer;
use crate::client::Batch;
use crate::client::Call;
use crate::client::Limit;
use crate::client::LimitMethod;
use crate::client::Stats;
use crate::client::Surroundings;
use crate::client::Wire;
use crate::protocol::filter::Filter;
use crate::protocol::names::Subject;
use crate::report::Exit;

pub(in crate::cli::client) async fn run<W: Wire, S: Surroundings>(
    args: &ReqArgs,
    context: &Context<'_, W, S>,
    out: &mut dyn Write,
) -> Result<Exit, OperatorError> {
    let plan = plan(args, context.company, &context.settings.libdirs)?;
    let Some(path) = &args.output_file else {
        return perform(args, &plan, context, out).await;
    };
    let file = File::create(path).map_err(|err| OperatorError::Create {
        path: path.clone(),
        err,
    })?;
    let mut file = BufWriter::new(file);
    let result = perform(args, &plan, context, &mut file).await;
    file.flush()?;
    result
}

async fn perform<W: Wire, S: Surroundings>(
    args: &ReqArgs,
    plan: &Plan,
    context: &Context<'_, W, S>,
    out: &mut dyn Write,
) -> Result<Exit, OperatorError> {
    let mut call = Call {
        agent: plan.agent.clone(),
        action: args.action.clone(),
        data: plan.data.clone(),
        collective: args.filter.collective(&context.settings.main_collective)?,
        filter: Filter::default(),
        timeout: plan.timeout,
        batch: args.batch.map(|size| Batch {
            size,
            pause: Duration::from_secs(args.batch_sleep),
        }),
    };
    if let Some(text) = &args.reply_to {
        let subject = Subject::new(text).map_err(|err| OperatorError::Name {
            text: text.clone(),
            err,
        })?;
        nodes::chosen_by_filter(&args.filter, "req --reply-to", context)?;
        call.filter = nodes::search(&args.filter, context)?.filter;
        writeln!(out, "{}", context.client.send(&call, &subject).await?)?;
        return Ok(Exit::Ok);
    }
    let mut targets = nodes::find(&args.filter, &plan.agent, context).await?;
    if targets.nodes.is_empty() {
        expected(args, 0)?;
        return Err(OperatorError::NoNodes);
    }
    limit(args, context, &mut targets)?;
    let (mut answers, stats) = listen(args, &call, &targets, context, out).await?;
    if args.sort {
        answers.sort_by(|one, other| one.sender.cmp(&other.sender));
    }
    print(
        args,
        plan,
        &answers,
        &Timing {
            stats: &stats,
            discovery: targets.took,
        },
        out,
    )?;
    expected(args, stats.responses)?;
    Ok(Exit::Ok)
}

/// Whether as many answered as the arguments ask for, well or not.
fn expected(args: &ReqArgs, received: usize) -> Result<(), OperatorError> {
    match args.expect {
        Some(expected) if received < expected => {
            Err(OperatorError::Incomplete { received, expected })
        }
        Some(_) | None => Ok(()),
    }
}

fn limit<W, S: Surroundings>(
    args: &ReqArgs,
    context: &Context<'_, W, S>,
    targets: &mut Targets,
) -> Result<(), OperatorError>
where
    W: Wire,
{
    let Some(text) = &args.limit else {
        return Ok(());
    };
    let limit: Limit = text.parse().map_err(|err| OperatorError::Limit {
        text: text.clone(),
        err,
    })?;
    let nodes = std::mem::take(&mut targets.nodes);
    targets.nodes = match args.limit_seed {
        Some(seed) => limit.apply(LimitMethod::Random, nodes, seeded(seed)),
        None => {
            let surroundings = context.client.surroundings();
            limit.apply(context.settings.limit_method, nodes, |bound| {
                surroundings.below(bound)
            })
        }
    };
    if targets.nodes.is_empty() {
        return Err(OperatorError::NothingLeft { text: text.clone() });
    }
    Ok(())
}

/// Calls, with a bar for a person and lines of JSON as they come.
async fn listen<W: Wire, S: Surroundings>(
    args: &ReqArgs,
    call: &Call,
    targets: &Targets,
    context: &Context<'_, W, S>,
    out: &mut dyn Write,
) -> Result<(Vec<Answer>, Stats), OperatorError> {
    let quiet = args.json || args.jsonl || args.senders || args.silent || args.np;
    let progress = Progress::new((context.interactive && !quiet).into(), targets.nodes.len());
    let mut answers = Vec::new();
    let mut written = Ok(());
    let stats = context
        .client
        .call(call, &targets.nodes, |answer| {
            progress.step();
            if args.jsonl && written.is_ok() {
                written = reply_line(out, &answer);
            }
            answers.push(answer);
        })
        .await?;
    progress.finish();
    written?;
    Ok((answers, stats))
}

/// Dice that fall the same each time (SplitMix64): for repeatable choices, not for secrets.
fn seeded(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |bound| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(bound).unwrap_or(0)
    }
}
