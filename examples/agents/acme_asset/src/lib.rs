//! The agent `acme_asset`: a machine's asset tag, kept in the agent's own folder on the node.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use muster::company::Acting;
use muster::company::Call;
use muster::company::Company;
use muster::company::CompanyAgent;
use muster::company::Done;
use muster::company::Failure;
use muster::company::Host;
use muster::company::MakeError;
use muster::company::Outcome;
use muster::company::blocking;
use muster::os::atomic_file;
use muster::os::files::RealFiles;
use serde::Deserialize;

/// What the generated program names.
pub const COMPANY: Company = Company {
    ddl: include_str!("../acme_asset.json"),
    krate: env!("CARGO_PKG_NAME"),
    version: env!("CARGO_PKG_VERSION"),
    make,
};

/// The agent.
struct Asset {
    host: Host,
    file: PathBuf,
}

/// Inputs of `set`, checked against the description by the node.
#[derive(Deserialize)]
struct Set {
    tag: String,
    token: String,
}

fn make(host: Host) -> Result<Box<dyn CompanyAgent>, MakeError> {
    let file = host.state_folder()?.join("tag");
    // a tag that cannot be read now would be a surprise for every caller later
    read(&file)?;
    Ok(Box::new(Asset { host, file }))
}

impl CompanyAgent for Asset {
    fn run(&self, call: Call) -> Option<Acting<'_>> {
        match call.action.as_str() {
            "show" => Some(Box::pin(self.show())),
            "set" => Some(Box::pin(self.set(call))),
            _ => None,
        }
    }
}

impl Asset {
    async fn show(&self) -> Outcome {
        let file = self.file.clone();
        let tag = blocking(move || read(&file)).await?.map_err(unreadable)?;
        Ok(Done::with([("tag", tag.into())]))
    }

    async fn set(&self, call: Call) -> Outcome {
        let Set { tag, token } = call.inputs()?;
        // whoever may call the agent is a matter of policies; while the node waits for a provisioner there are none
        self.host.verify_token(&call, &token).await?;
        let (file, new) = (self.file.clone(), tag.clone());
        let before = blocking(move || replace(&file, &new)).await??;
        Ok(Done::with([("before", before.into()), ("tag", tag.into())]))
    }
}

/// Keeps another tag; the one before it.
fn replace(file: &Path, tag: &str) -> Result<String, Failure> {
    let before = read(file).map_err(unreadable)?;
    atomic_file::write(&RealFiles, file, tag.as_bytes(), 0o600)
        .map_err(|err| Failure::aborted(format!("Could not keep the tag: {err}")))?;
    Ok(before)
}

/// The tag, empty without one.
fn read(file: &Path) -> io::Result<String> {
    match std::fs::read_to_string(file) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

fn unreadable(err: io::Error) -> Failure {
    Failure::aborted(format!("Could not read the tag: {err}"))
}

#[cfg(test)]
mod tests {
    use muster::company::StatusCode;
    use muster::server::rehearsal::Rehearsal;
    use serde_json::json;

    use super::*;

    const NAME: &str = "acme_asset";

    #[test]
    fn a_machine_without_a_tag_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let node = Rehearsal::in_fleet(folder.path(), NAME, COMPANY).unwrap();
        let reply = node.call(NAME, "show", json!({})).unwrap();
        assert_eq!(reply.data["tag"], "");
    }

    #[test]
    fn a_tag_outlives_the_process_and_the_provisioning() {
        let folder = tempfile::tempdir().unwrap();
        let node = Rehearsal::waiting(folder.path(), NAME, COMPANY).unwrap();
        let tag = json!({"tag": "AC-1701", "token": Rehearsal::TOKEN});
        let reply = node.call(NAME, "set", tag).unwrap();
        assert_eq!(reply.data, json!({"before": "", "tag": "AC-1701"}));
        let node = Rehearsal::in_fleet(folder.path(), NAME, COMPANY).unwrap();
        let reply = node.call(NAME, "show", json!({})).unwrap();
        assert_eq!(reply.data["tag"], "AC-1701");
    }

    #[test]
    fn nobody_sets_a_tag_without_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let node = Rehearsal::in_fleet(folder.path(), NAME, COMPANY).unwrap();
        let reply = node.call(NAME, "set", json!({"tag": "AC-1701"})).unwrap();
        assert_eq!(reply.statuscode, StatusCode::Aborted);
        let reply = node.call(NAME, "show", json!({})).unwrap();
        assert_eq!(reply.data["tag"], "");
    }

    #[test]
    fn what_is_no_tag_does_not_reach_the_agent() {
        let folder = tempfile::tempdir().unwrap();
        let node = Rehearsal::in_fleet(folder.path(), NAME, COMPANY).unwrap();
        let odd = json!({"tag": "../../etc/passwd", "token": Rehearsal::TOKEN});
        let reply = node.call(NAME, "set", odd).unwrap();
        assert_eq!(reply.statuscode, StatusCode::InvalidData);
    }
}
