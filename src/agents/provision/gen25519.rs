//! `gen25519`: the public half of the staged seed, and proof that the node has the other (spec 04 §6.2).
//!
//! The seed is the same until it is put to use. It becomes `server.seed` only together with the token that was made for
//! it, so nothing that works today is destroyed by asking.

use std::sync::Arc;

use super::Site;
use super::gate::Gate;
use super::gate::Takes;
use super::gate::WorksIn;
use super::inputs::Gen25519;
use crate::report::Chain;
use crate::rpc::Call;
use crate::rpc::Done;
use crate::rpc::Failure;
use crate::rpc::Outcome;

pub(super) async fn run(site: &Arc<Site>, gate: &Gate, call: Call) -> Outcome {
    gate.pass(
        &call,
        WorksIn::Provisioning {
            otherwise: super::NOT_PROVISIONING,
        },
        Takes::Lock,
    )
    .await?;
    let Gen25519 { nonce } = call.inputs()?;
    if nonce.len() > LONGEST_NONCE {
        return Err(Failure::invalid(
            "Validation failed: nonce is longer than 64 characters",
        ));
    }
    let failed = |why: String| Failure::aborted(format!("Could not create keypair: {why}"));
    let turn = site.turns.next().await;
    let work = Arc::clone(site);
    let seed = turn
        .run(move || work.keys.seed())
        .await
        .map_err(|err| failed(err.to_string()))?
        .map_err(|err| failed(Chain(&err).to_string()))?;
    let directory = std::path::absolute(site.config_dir()).map_err(|err| {
        Failure::aborted(format!(
            "could not determine absolute path to config directory: {err}"
        ))
    })?;
    Ok(Done::with([
        ("public_key", seed.public_hex().into()),
        ("directory", directory.display().to_string().into()),
        ("signature", seed.sign_hex(nonce.as_bytes()).into()),
    ]))
}

/// The published limit, in bytes.
const LONGEST_NONCE: usize = 64;
