//! What is wrong at this moment and needs an operator: one text per area, as long as it lasts.
//!
//! Whatever finds a lasting fault (a policy that cannot be read, a certificate that cannot be used, an audit log that
//! cannot be written) raises it here and clears it when it is gone. The status file and `muster tool status` show what
//! is raised; each change is logged once, so that a fault that every request meets fills no log.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

/// The open concerns of a node.
#[derive(Debug, Default)]
pub struct Concerns(Mutex<BTreeMap<String, String>>);

impl Concerns {
    /// Says that something is wrong in `area` (`certificate`, `audit log`, `policy rpcutil`); logged when it is news.
    pub fn raise(&self, area: &str, text: impl Into<String>) {
        let text = text.into();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.get(area) == Some(&text) || (open.len() >= MOST && !open.contains_key(area)) {
            return;
        }
        tracing::error!(
            area,
            reason = text,
            "something on this node needs attention"
        );
        open.insert(area.to_owned(), text);
    }

    /// Says that `area` is in order again; logged when it was not.
    pub fn clear(&self, area: &str) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.remove(area).is_some() {
            tracing::info!(area, "this is in order again");
        }
    }

    /// What is wrong, as `area: text`, sorted.
    #[must_use]
    pub fn open(&self) -> Vec<String> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter()
            .map(|(area, text)| format!("{area}: {text}"))
            .collect()
    }
}

/// Areas are named by the node itself and few; the bound is for the day one of them is not.
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concern_is_open_until_it_is_cleared() {
        let concerns = Concerns::default();
        concerns.raise("certificate", "it ends tomorrow");
        concerns.raise("certificate", "it ended");
        concerns.raise("audit log", "the disk is full");
        assert_eq!(
            concerns.open(),
            ["audit log: the disk is full", "certificate: it ended"]
        );
        concerns.clear("certificate");
        assert_eq!(concerns.open(), ["audit log: the disk is full"]);
    }

    #[test]
    fn concerns_are_bounded() {
        let concerns = Concerns::default();
        for area in 0..2 * MOST {
            concerns.raise(&area.to_string(), "x");
        }
        assert_eq!(concerns.open().len(), MOST);
    }
}
