//! `restart` and `shutdown`: decided here, done by the server once the reply has left (design D9).

use super::Site;
use super::bootable;
use super::bootable::NotBootable;
use super::gate::Gate;
use super::gate::Takes;
use super::gate::WorksIn;
use super::inputs::Restart;
use super::inputs::Splay;
use crate::os::random;
use crate::rpc::Call;
use crate::rpc::Done;
use crate::rpc::Failure;
use crate::rpc::Outcome;
use crate::rpc::Then;

pub(super) async fn restart(site: &Site, gate: &Gate, call: Call) -> Outcome {
    let otherwise = "Cannot restart a server that is not in provisioning mode or with no token set";
    gate.pass(
        &call,
        WorksIn::ProvisioningOrToken { otherwise },
        Takes::NoLock,
    )
    .await?;
    let Restart { splay } = call.inputs()?;
    let path = site.node.config_file.display();
    match bootable::would_start(site) {
        Ok(()) => {}
        Err(NotBootable::Unreadable(why)) => {
            return Err(Failure::aborted(format!(
                "Configuration {path} could not be parsed, restart cannot continue: {why}"
            )));
        }
        Err(NotBootable::Provisions) => {
            return Err(Failure::aborted(format!(
                "Configuration {path} enables provisioning, restart cannot continue"
            )));
        }
    }
    let delay = Splay::delay(random::below(splay.seconds()));
    gate.release_lock();
    tracing::warn!(
        delay = delay.as_secs(),
        caller = call.request.caller.as_str(),
        "restarting on request"
    );
    let message = format!(
        "Restarting Choria Server after {}",
        go_duration(delay.as_secs())
    );
    Ok(Done {
        then: Some(Then::Restart { delay }),
        ..Done::with([("message", message.into())])
    })
}

pub(super) async fn shutdown(gate: &Gate, call: Call) -> Outcome {
    let otherwise =
        "Cannot shutdown a server that is not in provisioning mode or with no token set";
    gate.pass(
        &call,
        WorksIn::ProvisioningOrToken { otherwise },
        Takes::NoLock,
    )
    .await?;
    // at least a second, so that the reply leaves before the process does
    let delay = std::time::Duration::from_secs(random::below(9).saturating_add(1));
    tracing::warn!(
        delay = delay.as_secs(),
        caller = call.request.caller.as_str(),
        "shutting down on request"
    );
    let message = format!(
        "Shutting Choria Server down after {}",
        go_duration(delay.as_secs())
    );
    Ok(Done {
        then: Some(Then::Shutdown { delay }),
        ..Done::with([("message", message.into())])
    })
}

/// Whole seconds the way peers print durations: `2s`, `1m3s`, `1h0m0s`.
pub(super) fn go_duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        (_, _) => format!("{hours}h{minutes}m{rest}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::go_duration;

    #[test]
    fn durations_read_as_peers_print_them() {
        assert_eq!([2, 63, 3600].map(go_duration), ["2s", "1m3s", "1h0m0s"]);
    }
}
