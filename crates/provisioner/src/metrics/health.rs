//! Whether the engine lives, and whether it could provision a node. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// What the engine tells about itself, at least every 10 seconds.
#[derive(Debug, Clone)]
pub struct Health {
    /// When it told.
    pub alive_at: Instant,
    /// Whether a node can be provisioned now, and why not.
    pub ready: Result<(), Vec<String>>,
}

/// Who tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Teller {
    /// It can still tell more.
    There,
    /// It ended.
    Gone,
}

impl Health {
    /// Why the engine is taken for dead.
    pub(super) fn death(&self, teller: Teller, now: Instant) -> Option<String> {
        if teller == Teller::Gone {
            return Some("the engine has ended".to_owned());
        }
        let silent = now.saturating_duration_since(self.alive_at);
        (silent >= SILENCE).then(|| {
            let seconds = silent.as_secs();
            format!("the engine has given no sign of life for {seconds} seconds")
        })
    }

    /// Why no node can be provisioned; empty when one can.
    pub(super) fn hindrances(&self, teller: Teller, now: Instant) -> Vec<String> {
        match (self.death(teller, now), &self.ready) {
            (Some(death), _) => vec![death],
            (None, Ok(())) => Vec::new(),
            (None, Err(reasons)) if reasons.is_empty() => vec!["nobody says why".to_owned()],
            (None, Err(reasons)) => reasons.iter().map(|reason| one_line(reason)).collect(),
        }
    }
}

/// A page has a line for each reason, whatever is in them.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// After which an engine that says nothing is taken for dead.
const SILENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_engine_is_dead_after_half_a_minute_of_silence() {
        let begun = Instant::now();
        let health = Health {
            alive_at: begun,
            ready: Ok(()),
        };
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(health.death(Teller::There, after(29)), None);
        assert!(health.hindrances(Teller::There, after(29)).is_empty());
        assert!(health.death(Teller::There, after(30)).is_some());
        assert_eq!(health.hindrances(Teller::There, after(30)).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_ended_is_dead_at_once() {
        let alive_at = Instant::now();
        let ready = Ok(());
        let health = Health { alive_at, ready };
        assert!(health.death(Teller::Gone, alive_at).is_some());
        assert_eq!(health.hindrances(Teller::Gone, alive_at).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_not_ready_says_why_in_lines() {
        let alive_at = Instant::now();
        let hindrances = |ready| Health { alive_at, ready }.hindrances(Teller::There, alive_at);
        let reasons = vec!["paused".to_owned(), "two\r\nlines".to_owned()];
        assert_eq!(hindrances(Err(reasons)), ["paused", "two  lines"]);
        assert_eq!(hindrances(Err(Vec::new())).len(), 1);
    }
}
