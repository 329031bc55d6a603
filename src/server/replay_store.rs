//! Keeps the hashes of requests that changed something across a restart (design D13), so that the request that
//! restarted a node cannot be sent to the new process again.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::os::atomic_file;
use crate::os::files::Files;
use crate::protocol::replay::RequestHash;
use crate::report::Chain;

/// The kept hashes.
#[derive(Debug)]
pub struct ReplayStore {
    files: Arc<dyn Files>,
    path: PathBuf,
    kept: Mutex<Vec<(RequestHash, i64)>>,
}

impl ReplayStore {
    /// Reads what the last process kept; what cannot be read counts as nothing.
    #[must_use]
    pub fn open(files: Arc<dyn Files>, path: PathBuf, now: i64) -> Self {
        let text = match files.entry(&path) {
            Ok(Some(_)) => files.read(&path, LARGEST).ok(),
            Ok(None) | Err(_) => None,
        };
        let listed: Vec<(String, i64)> = text
            .and_then(|text| serde_json::from_slice(text.expose()).ok())
            .unwrap_or_default();
        let mut kept: Vec<(RequestHash, i64)> = Vec::new();
        for (hex_hash, expires) in listed {
            let mut hash = [0; 32];
            if expires > now && hex::decode_to_slice(&hex_hash, &mut hash).is_ok() {
                kept.push((hash, expires));
            }
        }
        Self {
            files,
            path,
            kept: Mutex::new(kept),
        }
    }

    /// The requests that the last process acted upon.
    #[must_use]
    pub fn kept(&self) -> Vec<(RequestHash, i64)> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps one more. A failure is logged: the action has happened.
    pub fn keep(&self, hash: RequestHash, expires: i64, now: i64) {
        let document = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|(_, expires)| *expires > now);
            if kept.len() >= MOST {
                kept.remove(0);
            }
            kept.push((hash, expires));
            let listed: Vec<(String, i64)> = kept
                .iter()
                .map(|(hash, expires)| (hex::encode(hash), *expires))
                .collect();
            serde_json::to_vec(&listed).unwrap_or_default()
        };
        if let Err(err) = atomic_file::write(self.files.as_ref(), &self.path, &document, 0o600) {
            tracing::warn!(reason = %Chain(&err), "a request that was acted upon could not be remembered on disk");
        }
    }
}

/// Requests that are kept; each changed the node, so there are few.
const MOST: usize = 256;
/// Larger than the file can be, in bytes.
const LARGEST: u64 = 64 * 1024;
