//! From what the file gives to [`Config`].

use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use muster::telemetry::Destination;
use muster::telemetry::Level;

use crate::config::access;
use crate::config::fault::Caution;
use crate::config::fault::Fault;
use crate::config::finding::ConfigError;
use crate::config::finding::Place;
use crate::config::given::Given;
use crate::config::keys::daemon;
use crate::config::keys::nodes;
use crate::config::keys::pace;
use crate::config::load::Loaded;
use crate::config::node;
use crate::config::program;
use crate::config::secrets;
use crate::config::settings::BreakerRule;
use crate::config::settings::Config;
use crate::config::settings::Deadlines;
use crate::config::settings::PaceRules;
use crate::config::settings::TableRules;
use crate::config::surroundings::Surroundings;
use crate::config::together;
use crate::config::together::count;

/// Reads a configuration: TOML where the name of the file ends in `.toml`, else YAML or JSON. `path` is what findings
/// call the file, and what [`Surroundings`] are asked about.
///
/// # Errors
///
/// [`ConfigError`] with everything that is wrong.
pub fn read(text: &str, path: &Path, around: &dyn Surroundings) -> Result<Loaded, ConfigError> {
    let entries = node::parse(text, path).and_then(node::into_entries);
    let entries = entries.map_err(|(line, fault)| {
        let place = Place {
            file: path.to_owned(),
            line,
            key: String::new(),
        };
        ConfigError::single(place, fault)
    })?;
    let mut given = Given::new(entries, path, around);
    let config = collect(&mut given);
    let warnings = given.finish()?;
    Ok(Loaded { config, warnings })
}

/// Asks for every key of the table.
pub(super) fn collect(given: &mut Given<'_>) -> Config {
    given.judge_retired();
    let workers = workers(given);
    let interval = given.value(&daemon::INTERVAL).unwrap_or_default();
    let config = Config {
        file: given.file().to_owned(),
        workers,
        interval,
        level: given.value(&daemon::LOGLEVEL).unwrap_or(Level::Info),
        log: given.value(&daemon::LOGFILE).unwrap_or(Destination::Stderr),
        helper: program::helper(given),
        tokens: secrets::tokens(given),
        lifecycle_component: given
            .value(&daemon::LIFECYCLE_COMPONENT)
            .unwrap_or_default(),
        production: given.value(&daemon::PRODUCTION_CONFIG),
        insecure: given.value(&daemon::INSECURE).unwrap_or_default(),
        site: given.value(&daemon::SITE).unwrap_or_default(),
        monitor: monitor(given),
        broker_password: secrets::broker_password(given),
        pki: given.value(&nodes::PKI).unwrap_or_default(),
        names: access::names(given),
        admission: access::admission(given),
        csr: access::subject(given),
        pace: pace(given),
        deadlines: deadlines(given),
        table: table(given, workers, interval),
        state_dir: given.value(&daemon::STATE_DIRECTORY).unwrap_or_default(),
        socket: given.value(&daemon::CONTROL_SOCKET).unwrap_or_default(),
    };
    together::check(&config, given);
    config
}

fn workers(given: &mut Given<'_>) -> NonZeroUsize {
    let workers = given.value(&daemon::WORKERS).and_then(NonZeroU32::new);
    workers.map_or_else(|| given.around.processors(), count)
}

fn monitor(given: &mut Given<'_>) -> Option<SocketAddr> {
    let listen = given.value(&daemon::MONITOR_LISTEN);
    let port = given.value(&daemon::MONITOR_PORT).unwrap_or_default();
    let port = u16::try_from(port).ok().filter(|port| *port != 0);
    let place = given.place(daemon::MONITOR_PORT.name);
    match (listen, port) {
        (Some(address), Some(port)) if address.port() != port => {
            let reason = "another port than that of monitor_listen: leave monitor_port out";
            given.fault(place, Fault::Conflict { reason });
            None
        }
        (Some(address), _) => Some(address),
        (None, Some(port)) => {
            given.warn(place, Caution::EveryInterface { port });
            Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))
        }
        (None, None) => None,
    }
}

fn pace(given: &mut Given<'_>) -> PaceRules {
    let failed = given.value(&pace::BREAKER_FAILED).map(count);
    let of = given.value(&pace::BREAKER_OF).map(count);
    PaceRules {
        per_minute: given.value(&pace::PER_MINUTE),
        breaker: failed
            .zip(of)
            .map(|(failed, of)| BreakerRule { failed, of }),
        canary: given.value(&pace::CANARY).map(count),
    }
}

fn deadlines(given: &mut Given<'_>) -> Deadlines {
    Deadlines {
        probe: given.value(&pace::PROBE).unwrap_or_default(),
        step: given.value(&pace::STEP).unwrap_or_default(),
        node: given.value(&pace::NODE).unwrap_or_default(),
        helper: given.value(&pace::HELPER).unwrap_or_default(),
    }
}

fn table(given: &mut Given<'_>, workers: NonZeroUsize, interval: Duration) -> TableRules {
    let capacity = given.value(&pace::CAPACITY).unwrap_or(NonZeroU32::MIN);
    let quarantine_after = given.value(&pace::QUARANTINE_AFTER);
    TableRules {
        capacity: count(capacity),
        workers,
        interval,
        backoff_min: given.value(&pace::BACKOFF_MIN).unwrap_or_default(),
        backoff_max: given.value(&pace::BACKOFF_MAX).unwrap_or_default(),
        quarantine_after: quarantine_after.unwrap_or(NonZeroU32::MIN),
        quarantine_for: given.value(&pace::QUARANTINE_FOR).unwrap_or_default(),
    }
}
