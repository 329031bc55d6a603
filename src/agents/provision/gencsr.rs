//! `gencsr`: a certificate request for the staged key (spec 04 §6.1, design D6).
//!
//! The key was generated in the background and is the same until it is put to use, so a repeated call never orphans a
//! certificate. Nothing but the request itself is written: the private key becomes live with its certificate.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use super::Site;
use super::gate::Gate;
use super::gate::Takes;
use super::gate::WorksIn;
use super::inputs::Gencsr;
use super::local_policy;
use crate::config::policy::Limits;
use crate::os::atomic_file;
use crate::os::files::Files;
use crate::os::files::Kind;
use crate::report::Chain;
use crate::rpc::Call;
use crate::rpc::Done;
use crate::rpc::Failure;
use crate::rpc::Outcome;
use crate::security::csr::Subject;
use crate::security::key::RsaKey;

pub(super) async fn run(site: &Arc<Site>, gate: &Gate, call: Call) -> Outcome {
    gate.pass(
        &call,
        WorksIn::Provisioning {
            otherwise: super::NOT_PROVISIONING,
        },
        Takes::Lock,
    )
    .await?;
    let inputs: Gencsr = call.inputs()?;
    // a policy that cannot be used makes `configure` say so; it does not make the node unreachable
    let limits = local_policy::read(&site.config_dir())
        .map(|policy| policy.limits)
        .unwrap_or_default();
    within(&limits, &inputs)?;
    let subject = subject(site, inputs);
    subject
        .validate()
        .map_err(|err| Failure::invalid(format!("Validation failed: {err}")))?;
    let key = site.keys.rsa().await.map_err(|err| {
        Failure::aborted(format!("Could not create private key: {}", Chain(&err)))
    })?;
    let directory = site.ssl_dir();
    let turn = site.turns.next().await;
    let (files, signer, place) = (Arc::clone(&site.files), Arc::clone(&key), directory.clone());
    let csr = turn
        .run(move || make(files.as_ref(), &place, &subject, &signer))
        .await
        .map_err(|err| Failure::aborted(format!("Could not create CSR: {err}")))??;
    tracing::info!(
        caller = call.request.caller.as_str(),
        "answered with a certificate request"
    );
    Ok(Done::with([
        ("csr", csr.into()),
        ("public_key", key.public_pem().into()),
        ("ssldir", directory.display().to_string().into()),
    ]))
}

fn subject(site: &Site, inputs: Gencsr) -> Subject {
    Subject {
        common_name: if inputs.cn.is_empty() {
            site.node.identity.to_string()
        } else {
            inputs.cn
        },
        country: inputs.country,
        state: inputs.state,
        locality: inputs.locality,
        organization: inputs.organization,
        unit: inputs.unit,
    }
}

/// The administrator's limits; those of the fields themselves are [`Subject::validate`]'s.
fn within(limits: &Limits, inputs: &Gencsr) -> Result<(), Failure> {
    let subject = limits.subject.get();
    let measured = [
        ("cn", &inputs.cn, limits.cn.get()),
        ("C", &inputs.country, subject),
        ("ST", &inputs.state, subject),
        ("L", &inputs.locality, subject),
        ("O", &inputs.organization, subject),
        ("OU", &inputs.unit, subject),
    ];
    match measured
        .into_iter()
        .find(|(_, text, limit)| text.chars().count() > *limit)
    {
        Some((field, _, limit)) => Err(Failure::invalid(format!(
            "Validation failed: {field} is longer than {limit} characters"
        ))),
        None => Ok(()),
    }
}

fn make(
    files: &dyn Files,
    directory: &Path,
    subject: &Subject,
    key: &RsaKey,
) -> Result<String, Failure> {
    let csr = subject
        .request(key)
        .map_err(|err| Failure::aborted(format!("Could not create CSR: {}", Chain(&err))))?;
    store(files, directory, &csr)?;
    Ok(csr)
}

/// Keeps a copy for the operator beside the certificate to come.
fn store(files: &dyn Files, directory: &Path, csr: &str) -> Result<(), Failure> {
    let created = match files.entry(directory) {
        Ok(Some(entry)) if entry.kind == Kind::Directory => Ok(()),
        // `configure` would refuse it, so better now
        Ok(Some(_)) => Err("it is not a directory".to_owned()),
        Ok(None) => files
            .create_dir(directory, 0o700)
            .map_err(|err| Chain(&err).to_string()),
        Err(err) => Err(Chain(&err).to_string()),
    };
    created.map_err(|why| {
        Failure::aborted(format!(
            "Could not create SSL Directory {}: {why}",
            directory.display()
        ))
    })?;
    let path = path(directory);
    if holds(files, &path, csr) {
        return Ok(());
    }
    atomic_file::write(files, &path, csr.as_bytes(), 0o644)
        .map_err(|err| Failure::aborted(format!("Could not store CSR: {}", Chain(&err))))
}

/// Removes what a crash left of [`store`], if anything. That something cannot be removed hinders nobody.
pub(super) fn sweep(files: &dyn Files, directory: &Path) {
    if matches!(files.entry(directory), Ok(Some(_)))
        && let Err(err) = atomic_file::sweep_beside(files, &path(directory))
    {
        tracing::debug!(reason = %Chain(&err), "what a crash left of a certificate request stays");
    }
}

fn path(directory: &Path) -> PathBuf {
    directory.join("csr.pem")
}

/// Whether the file is there already: a repeated call need not wait for the disk.
fn holds(files: &dyn Files, path: &Path, csr: &str) -> bool {
    let regular = matches!(files.entry(path), Ok(Some(entry)) if entry.kind == Kind::File);
    regular
        && files
            .read(path, LARGEST_CSR)
            .is_ok_and(|kept| kept.expose() == csr.as_bytes())
}

/// Larger than any request that this agent makes, in bytes.
const LARGEST_CSR: u64 = 64 * 1024;
