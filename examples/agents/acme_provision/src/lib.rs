//! An own `choria_provision`: besides the token it wants the machine's maintenance window to be open, and leaves the
//! work to muster's. Actions, inputs and replies are those of muster's, so that every provisioner can use it.
//!
//! The window is a fact of the machine, `maintenance`, which is `open` or anything else. Another fact can be named in the
//! configuration: `plugin.choria_provision.window_fact = acme.window`.

use muster::company::Acting;
use muster::company::Call;
use muster::company::Company;
use muster::company::CompanyAgent;
use muster::company::Failure;
use muster::company::Host;
use muster::company::MakeError;
use muster::company::Outcome;
use muster::company::PROVISION_DDL;
use muster::company::Provisioning;
use serde::Deserialize;

/// What the generated program names.
pub const COMPANY: Company = Company {
    ddl: PROVISION_DDL,
    krate: env!("CARGO_PKG_NAME"),
    version: env!("CARGO_PKG_VERSION"),
    make,
};

/// The agent.
struct Windowed {
    host: Host,
    ours: Provisioning,
    window: String,
}

/// The input that every action has.
#[derive(Deserialize)]
struct Token {
    token: String,
}

fn make(mut host: Host) -> Result<Box<dyn CompanyAgent>, MakeError> {
    let ours = host
        .provisioning()
        .ok_or("muster lends its actions to the agent choria_provision only")?;
    let window = host
        .setting("window_fact")
        .unwrap_or("maintenance")
        .to_owned();
    if !host.has_token() {
        return Err("acme does not build nodes without a provisioning token".into());
    }
    Ok(Box::new(Windowed { host, ours, window }))
}

impl CompanyAgent for Windowed {
    fn run(&self, call: Call) -> Option<Acting<'_>> {
        if CHANGING.contains(&call.action.as_str()) {
            return Some(Box::pin(self.in_window(call)));
        }
        self.ours.run(call)
    }
}

impl Windowed {
    async fn in_window(&self, call: Call) -> Outcome {
        let Token { token } = call.inputs()?;
        // first the token: whoever does not know it learns nothing about the machine
        self.host.verify_token(&call, &token).await?;
        if self.host.fact(&self.window) != "open" {
            return Err(Failure::aborted(format!(
                "The maintenance window of {} is not open",
                self.host.identity()
            )));
        }
        match self.ours.run(call) {
            Some(acting) => acting.await,
            None => Err(Failure::aborted("muster does not have this action")),
        }
    }
}

/// What waits for the window. A node may be told to restart or asked for its JWT at any time.
const CHANGING: [&str; 4] = ["configure", "gen25519", "gencsr", "reprovision"];

#[cfg(test)]
mod tests {
    use muster::company::StatusCode;
    use muster::server::rehearsal::Rehearsal;
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    const NAME: &str = "choria_provision";

    fn facts(folder: &TempDir, text: &str) {
        std::fs::File::create(folder.path().join("facts.json"))
            .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
            .unwrap();
    }

    #[test]
    fn a_closed_window_keeps_provisioners_out_and_an_open_one_lets_them_in() {
        let folder = tempfile::tempdir().unwrap();
        let node = Rehearsal::waiting(folder.path(), NAME, COMPANY).unwrap();
        let inputs = json!({"token": Rehearsal::TOKEN});
        for text in ["{}", r#"{"maintenance": "closed"}"#] {
            facts(&folder, text);
            let reply = node.call(NAME, "gencsr", inputs.clone()).unwrap();
            assert_eq!(reply.statuscode, StatusCode::Aborted);
            assert!(reply.statusmsg.contains("window"), "{}", reply.statusmsg);
        }
        facts(&folder, r#"{"maintenance": "open", "since": "today"}"#);
        let reply = node.call(NAME, "gencsr", inputs).unwrap();
        assert!(reply.data["csr"].as_str().unwrap().contains("REQUEST"));
    }

    #[test]
    fn whoever_does_not_know_the_token_learns_nothing_about_the_window() {
        let folder = tempfile::tempdir().unwrap();
        let node = Rehearsal::waiting(folder.path(), NAME, COMPANY).unwrap();
        let reply = node
            .call(NAME, "gencsr", json!({"token": "guess"}))
            .unwrap();
        assert_eq!(reply.statusmsg, "Incorrect provision token supplied");
    }

    #[test]
    fn the_rest_is_answered_as_muster_answers_it() {
        let folder = tempfile::tempdir().unwrap();
        let node = Rehearsal::waiting(folder.path(), NAME, COMPANY).unwrap();
        let inputs = json!({"token": Rehearsal::TOKEN});
        let reply = node.call(NAME, "shutdown", inputs).unwrap();
        assert_eq!(reply.statuscode, StatusCode::Ok);
    }
}
