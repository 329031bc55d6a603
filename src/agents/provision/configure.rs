//! `configure`: the plan is made, then committed in one transaction (spec 04 §6.3, design §3.3).

use std::path::PathBuf;
use std::sync::Arc;

use super::Site;
use super::error::ConfigureError;
use super::gate::Gate;
use super::gate::Takes;
use super::gate::WorksIn;
use super::inputs::Configure;
use super::plan::Plan;
use super::token_file;
use crate::os::configuration;
use crate::os::transaction::Follows;
use crate::os::transaction::GenerationState;
use crate::os::transaction::Transaction;
use crate::os::transaction::TransactionError;
use crate::protocol::Request;
use crate::protocol::lifecycle;
use crate::report::Chain;
use crate::rpc::Call;
use crate::rpc::Done;
use crate::rpc::Failure;
use crate::rpc::Outcome;
use crate::secret::Secret;

pub(super) async fn run(site: &Arc<Site>, gate: &Gate, call: Call) -> Outcome {
    gate.pass(
        &call,
        WorksIn::Provisioning {
            otherwise: super::NOT_PROVISIONING,
        },
        Takes::Lock,
    )
    .await?;
    let inputs: Configure = call.inputs()?;
    // judged and written in one turn, so that what was judged is what is there when it is written
    let turn = site.turns.next().await;
    let plan = Plan::make(site, &call.request, &inputs)
        .await
        .map_err(|err| refused(&err, &call.request))?;
    let (work, request, lines) = (Arc::clone(site), Arc::clone(&call.request), plan.lines);
    turn.run(move || commit(&work, plan, &request))
        .await
        .map_err(|_| ConfigureError::Ending)
        .flatten()
        .map_err(|err| refused(&err, &call.request))?;
    let path = site.node.config_file.display();
    let message = format!("Wrote {lines} lines to {path}");
    Ok(Done {
        announce: Some(lifecycle::Kind::Provisioned),
        ..Done::with([("message", message.into())])
    })
}

fn refused(err: &ConfigureError, request: &Request) -> Failure {
    let failure = Failure::from(err);
    let reason: String = failure.message.chars().take(LONGEST_REASON).collect();
    let (request, caller) = (request.id.as_str(), request.caller.as_str());
    if let ConfigureError::Write(TransactionError::Undecided { .. }) = err {
        tracing::error!(
            reason,
            request,
            caller,
            "a configuration was not completed, files may be of two generations until the next start"
        );
    } else {
        tracing::warn!(
            reason,
            request,
            caller,
            "a configuration was refused, nothing has changed"
        );
    }
    failure
}

/// Writes the plan, all of it or nothing, and forgets the staged keys that it put to use.
fn commit(site: &Site, plan: Plan, request: &Request) -> Result<(), ConfigureError> {
    let lines = plan.lines;
    let uses_rsa = plan.tls.as_ref().is_some_and(|tls| tls.key.is_some());
    let uses_seed = plan
        .token
        .as_ref()
        .is_some_and(|token| token.seed.is_some());
    if let Some(tls) = &plan.tls
        && !tls
            .names
            .iter()
            .any(|name| name == site.node.identity.as_str())
    {
        tracing::warn!(
            names = tls.names.join(" "),
            "the certificate does not carry the identity of this node"
        );
    }
    let files = site.files.as_ref();
    let target =
        configuration::target(files, &site.node.config_file).map_err(ConfigureError::Target)?;
    let committed = site
        .generations
        .commit(transaction(site, plan, target), Follows::OnRequest)
        .map_err(ConfigureError::Write)?;
    if let Some(err) = &committed.unfinished {
        tracing::warn!(reason = %Chain(err), "the new configuration is in place, tidying up is left to the next start");
    }
    site.keys.used(uses_rsa, uses_seed);
    tracing::warn!(
        lines,
        request = request.id.as_str(),
        caller = request.caller.as_str(),
        sender = request.sender.as_str(),
        "configured, waiting for restart"
    );
    Ok(())
}

fn transaction(site: &Site, plan: Plan, target: PathBuf) -> Transaction {
    let directory = site.config_dir();
    let text = |text: String| Secret::new(text.into_bytes());
    let secret = |text: &Secret<String>| Secret::new(text.expose().clone().into_bytes());
    let mut work = Transaction::new(GenerationState::Trial, site.clock.now());
    if let Some(tls) = plan.tls {
        work = work
            .directory(&tls.directory, 0o700)
            .file(tls.certificate_path(), text(tls.certificate.clone()), 0o644)
            .file(tls.ca_path(), text(tls.ca.clone()), 0o644);
        if let Some(key) = &tls.key {
            work = work
                .file(tls.key_path(), secret(key), 0o600)
                .without_file(tls.directory.join("csr.pem"))
                .without_file(site.keys.rsa_path());
        }
    }
    if let Some(token) = &plan.token {
        work = work.file(directory.join("server.jwt"), secret(&token.jwt), 0o600);
        if let Some(seed) = &token.seed {
            work = work
                .file(token_file::seed_path(&directory), secret(seed), 0o600)
                .without_file(site.keys.seed_path());
        }
    }
    work = work.file(target, secret(&plan.config), 0o600);
    let policies = directory.join("policies");
    let rego = policies.join("rego");
    if !plan.action_policies.is_empty() {
        // what was there is replaced as a whole, the folder for the other kind included (spec 04 §6.3); but the groups,
        // which no provisioner can send, are the administrator's (spec 02 §20)
        work = work
            .exclusive_directory(&policies, 0o700)
            .keeping(policies.join("groups"));
    }
    for (name, policy) in plan.action_policies {
        work = work.file(policies.join(name), text(policy), 0o400);
    }
    if !plan.opa_policies.is_empty() {
        work = work
            .directory(&policies, 0o700)
            .exclusive_directory(&rego, 0o700);
    }
    for (name, policy) in plan.opa_policies {
        work = work.file(rego.join(name), text(policy), 0o400);
    }
    work
}

/// Characters of a reason that the log takes.
pub(super) const LONGEST_REASON: usize = 400;
