//! The one line that `systemctl status` shows of a node.

use crate::transport::State;

/// Mode, connection and number of problems in one line of bounded length.
#[must_use]
pub(super) fn saying(provisioning: bool, state: &State, problems: usize) -> String {
    let mode = if provisioning {
        "waiting for a provisioner"
    } else {
        "provisioned"
    };
    let connection: String = state.to_string().chars().take(LONGEST).collect();
    match problems {
        0 => format!("{mode}; no problems; {connection}"),
        1 => format!("{mode}; 1 problem; {connection}"),
        many => format!("{mode}; {many} problems; {connection}"),
    }
}

/// Of the connection's part, in characters: why a round failed names every server.
const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::transport::Protection;

    #[test]
    fn the_line_tells_mode_problems_and_connection() {
        let since = Instant::now();
        let looking = |last_error: Option<&str>| State::Connecting {
            attempt: 7,
            last_error: last_error.map(str::to_owned),
            next_try: None,
            since,
        };
        assert_eq!(
            saying(true, &looking(None), 0),
            "waiting for a provisioner; no problems; looking for a broker, round 7"
        );
        let long = saying(false, &looking(Some(&"ü".repeat(2000))), 2);
        assert!(long.starts_with("provisioned; 2 problems; looking for a broker, round 7: ü"));
        assert!(long.chars().count() < 400);
        let connected = State::Connected {
            server: "nats://b1.example.net:4222".to_owned(),
            broker: "b1".to_owned(),
            tls: Protection::Plain,
            since,
        };
        assert_eq!(
            saying(false, &connected, 1),
            "provisioned; 1 problem; connected to nats://b1.example.net:4222, plain text"
        );
    }
}
