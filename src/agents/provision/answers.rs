//! Actions that this node answers without doing: it has no provisioning JWT and no updates.

use super::Site;
use super::gate::Gate;
use super::gate::Takes;
use super::gate::WorksIn;
use crate::rpc::Call;
use crate::rpc::Failure;
use crate::rpc::Outcome;

pub(super) async fn jwt(site: &Site, gate: &Gate, call: Call) -> Outcome {
    gate.pass(
        &call,
        WorksIn::Provisioning {
            otherwise: super::NOT_PROVISIONING,
        },
        Takes::Lock,
    )
    .await?;
    // a node with a provisioning JWT on disk does not start in this build (`server::mode`), so it cannot be there
    Err(Failure::aborted(match site.build.provisioning.jwt_file {
        None => "No Provisioning JWT file has been configured",
        Some(_) => "Provisioning JWT file does not exist",
    }))
}

pub(super) async fn release_update(_site: &Site, gate: &Gate, call: Call) -> Outcome {
    let otherwise = "Cannot update a server that is not in provisioning mode";
    gate.pass(&call, WorksIn::Provisioning { otherwise }, Takes::Lock)
        .await?;
    Err(Failure::aborted(
        "Version updates is not enabled in the configuration",
    ))
}
