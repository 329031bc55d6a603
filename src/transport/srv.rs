//! From [`Targets`] to the servers of one round.

use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::ConnectionConfig;
use hickory_resolver::config::NameServerConfig;
use hickory_resolver::config::ResolverConfig;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use rand::RngExt;
use rand::seq::SliceRandom;
use tokio::time::timeout;

use super::attempt::AttemptError;
use super::targets::Resolver;
use super::targets::Scheme;
use super::targets::Server;
use super::targets::Srv;
use super::targets::Targets;
use super::targets::is_host;

/// Where one round goes.
#[derive(Debug)]
pub(super) struct Found {
    /// The servers, in the order in which they are tried.
    pub(super) servers: Vec<Server>,
    /// How many equal brokers would share the nodes of a fleet as these do.
    pub(super) brokers: f64,
}

/// The servers of one round. Nothing is kept from one round to the next.
pub(super) async fn resolve(targets: Targets) -> Result<Found, AttemptError> {
    match targets {
        Targets::Servers(servers) if servers.is_empty() => Err(AttemptError::NoServers),
        Targets::Servers(mut servers) => {
            servers.shuffle(&mut rand::rng());
            let brokers = u32::try_from(servers.len()).map_or(1.0, f64::from);
            Ok(Found { servers, brokers })
        }
        Targets::Srv(srv) => timeout(LOOKUP, look_up(&srv))
            .await
            .map_err(|_| AttemptError::LookupTimeout(LOOKUP))?,
    }
}

/// The first name with records decides; the others are not asked.
async fn look_up(srv: &Srv) -> Result<Found, AttemptError> {
    let resolver = resolver(srv.resolver).map_err(AttemptError::Resolver)?;
    let mut failure = None;
    let mut without = Vec::new();
    for name in &srv.names {
        // the dot at the end keeps the machine's search domains out
        let name = format!("{name}.{}.", srv.domain.trim_matches('.'));
        let records: Vec<Record> = match resolver.srv_lookup(name.as_str()).await {
            Ok(lookup) => lookup
                .answers()
                .iter()
                .filter_map(|r| record(&r.data))
                .take(MAX_RECORDS)
                .collect(),
            Err(err) if err.is_no_records_found() => Vec::new(),
            Err(err) => {
                failure = Some(AttemptError::Lookup { name, err });
                continue;
            }
        };
        if records.is_empty() {
            without.push(name);
            continue;
        }
        let brokers = breadth(&records);
        let ordered = order(records, |total| rand::rng().random_range(0..=total));
        return Ok(Found {
            servers: ordered.into_iter().map(|record| record.server).collect(),
            brokers,
        });
    }
    Err(match failure {
        Some(failure) => failure,
        None if without.is_empty() => AttemptError::NoServers,
        None => AttemptError::NoRecords(without.join(" or ")),
    })
}

fn resolver(resolver: Resolver) -> Result<TokioResolver, NetError> {
    let mut builder = match resolver {
        Resolver::System => TokioResolver::builder_tokio()?,
        Resolver::At(address) => {
            let mut connection = ConnectionConfig::udp();
            connection.port = address.port();
            let server = NameServerConfig::new(address.ip(), true, vec![connection]);
            TokioResolver::builder_with_config(
                ResolverConfig::from_name_servers(vec![server]),
                TokioRuntimeProvider::default(),
            )
        }
    };
    // the resolver lives for one round
    builder.options_mut().cache_size = 1;
    builder.build()
}

/// A usable SRV record. `.` as target says that there is no such service (RFC 2782).
fn record(data: &RData) -> Option<Record> {
    let RData::SRV(srv) = data else {
        return None;
    };
    let host = srv.target.to_ascii();
    let host = host.strip_suffix('.').unwrap_or(&host);
    (is_host(host) && srv.port != 0).then(|| Record {
        priority: srv.priority,
        weight: srv.weight,
        server: Server {
            scheme: Scheme::Nats,
            host: host.to_owned(),
            port: srv.port,
        },
    })
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    priority: u16,
    weight: u16,
    server: Server,
}

/// The order of RFC 2782: by priority, and within one priority drawn by weight. `draw` returns a number from zero to the
/// one given, inclusive.
fn order(mut records: Vec<Record>, mut draw: impl FnMut(u32) -> u32) -> Vec<Record> {
    // weightless ones first: they are chosen only when zero is drawn
    records.sort_by_key(|record| (record.priority, record.weight != 0));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|record| record.priority) {
        let total = group(&records, priority)
            .map(|r| u32::from(r.weight))
            .sum::<u32>();
        let drawn = draw(total);
        let mut sum = 0;
        let chosen = group(&records, priority).position(|record| {
            sum += u32::from(record.weight);
            sum >= drawn
        });
        ordered.push(records.remove(chosen.unwrap_or_default()));
    }
    ordered
}

fn group(records: &[Record], priority: u16) -> impl Iterator<Item = &Record> {
    records
        .iter()
        .take_while(move |record| record.priority == priority)
}

/// How many equal brokers share the nodes of a fleet like these records: within the priority that shares worst, all
/// weights by the heaviest.
fn breadth(records: &[Record]) -> f64 {
    let of = |priority: u16| {
        let group = records.iter().filter(|record| record.priority == priority);
        let weights = || group.clone().map(|record| f64::from(record.weight));
        let heaviest = weights().fold(0.0, f64::max);
        if heaviest > 0.0 {
            weights().sum::<f64>() / heaviest
        } else {
            weights().map(|_| 1.0).sum()
        }
    };
    let least = records.iter().map(|record| of(record.priority));
    least.reduce(f64::min).unwrap_or(1.0)
}

/// For all names together.
const LOOKUP: Duration = Duration::from_secs(15);
/// So that the sum of weights stays far from its type's end, and a round ends.
const MAX_RECORDS: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(priority: u16, weight: u16, host: &str) -> Record {
        Record {
            priority,
            weight,
            server: format!("{host}:4222").parse().unwrap(),
        }
    }

    fn hosts(records: &[Record]) -> Vec<&str> {
        records.iter().map(|r| r.server.host.as_str()).collect()
    }

    #[test]
    fn priorities_come_in_order_and_weights_by_the_draw() {
        let records = || {
            vec![
                named(20, 1, "later"),
                named(10, 60, "heavy"),
                named(10, 0, "idle"),
                named(10, 40, "light"),
            ]
        };
        assert_eq!(
            hosts(&order(records(), |_| 0)),
            ["idle", "heavy", "light", "later"]
        );
        assert_eq!(
            hosts(&order(records(), |total| total)),
            ["light", "heavy", "idle", "later"]
        );
    }

    #[test]
    fn brokers_count_as_far_as_they_share() {
        let breadth = |records: &[(u16, u16)]| {
            let records: Vec<_> = records.iter().map(|(p, w)| named(*p, *w, "h")).collect();
            breadth(&records)
        };
        assert_eq!(breadth(&[(10, 1), (10, 1), (10, 1)]), 3.0);
        assert_eq!(breadth(&[(10, 0), (10, 0)]), 2.0);
        assert_eq!(breadth(&[(10, 60), (10, 30)]), 1.5);
        assert_eq!(breadth(&[(10, 1), (10, 1), (20, 1)]), 1.0);
        assert_eq!(breadth(&[]), 1.0);
    }

    proptest! {
        #[test]
        fn every_record_comes_once_and_priorities_never_fall(
            raw in proptest::collection::vec((0..4_u16, any::<u16>()), 0..64), seed: u32,
        ) {
            let records: Vec<_> = raw.iter().enumerate().map(|(n, (p, w))| named(*p, *w, &format!("h{n}"))).collect();
            let ordered = order(records.clone(), |total| seed.checked_rem(total + 1).unwrap_or_default());
            prop_assert!(ordered.is_sorted_by_key(|record| record.priority));
            let mut have = hosts(&ordered);
            let mut want = hosts(&records);
            have.sort_unstable();
            want.sort_unstable();
            prop_assert_eq!(have, want);
        }
    }
}
