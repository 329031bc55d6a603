//! Who is in the fleet and how they behave, decided by the seed. Pure.

use std::time::Duration;

use muster::protocol::names::Identity;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom as _;
use serde::Serialize;

use crate::options::Options;
use crate::options::OptionsError;
use crate::options::Order;

/// One node of the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its number, from 0.
    pub index: usize,
    /// Its identity.
    pub identity: Identity,
    /// How it behaves.
    pub behaviour: Behaviour,
    /// When it announces itself, after the first does.
    pub after: Duration,
    /// What its own dice start from.
    pub seed: u64,
}

/// How a node behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// As it should.
    Ordinary,
    /// It announces itself and never says anything again.
    Dead,
    /// It answers after one to five seconds.
    Slow,
    /// It answers with garbage of this kind.
    Junk(Garbage),
    /// It vanishes at this moment and comes back.
    Flapping(Moment),
    /// It has the identity of another node, and is as it should be otherwise.
    Duplicate,
}

/// What a junk node answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbage {
    /// Bytes that are no JSON.
    NotJson,
    /// An answer of almost a megabyte.
    Large,
    /// Fields of the wrong types.
    WrongTypes,
    /// The answer of a node of another name.
    WrongSender,
    /// The same answer twice.
    Twice,
    /// A certificate request that is no PEM.
    CsrNotPem,
    /// A certificate request for another name.
    CsrOfAnother,
    /// A certificate request of half a megabyte.
    CsrLarge,
}

/// When a flapping node vanishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// When it is asked for the first time, without an answer.
    FirstRequest,
    /// Once it has sent its certificate request.
    Csr,
    /// Once it has confirmed its configuration: it comes back provisioned, without having been told to restart.
    Configured,
}

impl Garbage {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::NotJson,
        Self::Large,
        Self::WrongTypes,
        Self::WrongSender,
        Self::Twice,
        Self::CsrNotPem,
        Self::CsrOfAnother,
        Self::CsrLarge,
    ];
}

impl Moment {
    /// All moments.
    pub const ALL: [Self; 3] = [Self::FirstRequest, Self::Csr, Self::Configured];
}

impl Behaviour {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Dead => "dead",
            Self::Slow => "slow",
            Self::Junk(_) => "junk",
            Self::Flapping(_) => "flapping",
            Self::Duplicate => "duplicate",
        }
    }

    /// Whether a provisioner that works can be expected to provision it. Of two nodes with one identity it is only the
    /// one whose identity it is; which one gets there is chance.
    #[must_use]
    pub const fn is_expected(self) -> bool {
        match self {
            Self::Ordinary | Self::Slow | Self::Flapping(_) => true,
            Self::Dead | Self::Junk(_) | Self::Duplicate => false,
        }
    }
}

/// The nodes that the options ask for.
///
/// # Errors
///
/// [`OptionsError`] when the options contradict each other.
pub fn roster(options: &Options) -> Result<Vec<Place>, OptionsError> {
    options.check()?;
    let mut dice = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let behaviours = behaviours(options, &mut dice);
    let width = options.nodes.to_string().len().max(5);
    let mut places = Vec::with_capacity(options.nodes);
    for (index, behaviour) in behaviours.into_iter().enumerate() {
        places.push(Place {
            index,
            identity: identity(options, index, width)?,
            behaviour,
            after: moment(options, behaviour, &mut dice),
            seed: dice.random(),
        });
    }
    double(&mut places, &mut dice);
    Ok(places)
}

fn behaviours(options: &Options, dice: &mut Xoshiro256PlusPlus) -> Vec<Behaviour> {
    let nodes = options.nodes;
    let shares = &options.shares;
    let mut all = Vec::with_capacity(nodes);
    all.extend((0..shares.dead.of(nodes)).map(|_| Behaviour::Dead));
    all.extend((0..shares.slow.of(nodes)).map(|_| Behaviour::Slow));
    // in turn, so that a fleet with enough of them has every kind
    let kinds = Garbage::ALL.into_iter().cycle();
    all.extend(kinds.take(shares.junk.of(nodes)).map(Behaviour::Junk));
    let moments = Moment::ALL.into_iter().cycle();
    all.extend(
        moments
            .take(shares.flapping.of(nodes))
            .map(Behaviour::Flapping),
    );
    all.extend((0..shares.duplicate.of(nodes)).map(|_| Behaviour::Duplicate));
    all.resize(nodes, Behaviour::Ordinary);
    all.shuffle(dice);
    all
}

fn identity(options: &Options, index: usize, width: usize) -> Result<Identity, OptionsError> {
    let (prefix, domain) = (&options.prefix, &options.domain);
    let number = index.saturating_add(1);
    let text = if domain.is_empty() {
        format!("{prefix}-{number:0width$}")
    } else {
        format!("{prefix}-{number:0width$}.{domain}")
    };
    Identity::new(text.as_str()).map_err(|err| OptionsError::Identity { text, err })
}

fn moment(options: &Options, behaviour: Behaviour, dice: &mut Xoshiro256PlusPlus) -> Duration {
    let after = options.arrival.mul_f64(dice.random::<f64>());
    match (options.order, behaviour) {
        (Order::DeadFirst, Behaviour::Dead) => Duration::ZERO,
        (Order::DeadFirst | Order::Mixed, _) => after,
    }
}

/// Gives each duplicate the identity of a node that is as it should be.
fn double(places: &mut [Place], dice: &mut Xoshiro256PlusPlus) {
    let ordinary: Vec<Identity> = places
        .iter()
        .filter(|place| place.behaviour == Behaviour::Ordinary)
        .map(|place| place.identity.clone())
        .collect();
    for place in places {
        if place.behaviour == Behaviour::Duplicate
            && !ordinary.is_empty()
            && let Some(other) = ordinary.get(dice.random_range(0..ordinary.len()))
        {
            place.identity = other.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::options::Share;

    fn options(seed: u64) -> Options {
        let mut options = Options::new(100, "nats://127.0.0.1:4222".parse().unwrap());
        options.arrival = Duration::from_secs(60);
        options.seed = seed;
        options.shares.dead = Share::Count(5);
        options.shares.slow = Share::Fraction(300);
        options.shares.junk = Share::Count(8);
        options.shares.flapping = Share::Count(3);
        options.shares.duplicate = Share::Count(2);
        options
    }

    fn count(places: &[Place], name: &str) -> usize {
        let named = places.iter().filter(|place| place.behaviour.name() == name);
        named.count()
    }

    #[test]
    fn the_same_seed_makes_the_same_fleet_and_another_seed_another() {
        assert_eq!(roster(&options(7)).unwrap(), roster(&options(7)).unwrap());
        assert_ne!(roster(&options(7)).unwrap(), roster(&options(8)).unwrap());
    }

    #[test]
    fn every_share_has_its_size_and_the_kinds_of_garbage_take_turns() {
        let places = roster(&options(7)).unwrap();
        for (name, expected) in [
            ("dead", 5),
            ("slow", 3),
            ("junk", 8),
            ("flapping", 3),
            ("duplicate", 2),
            ("ordinary", 79),
        ] {
            assert_eq!(count(&places, name), expected, "{name}");
        }
        for kind in Garbage::ALL {
            assert!(
                places
                    .iter()
                    .any(|place| place.behaviour == Behaviour::Junk(kind))
            );
        }
    }

    #[test]
    fn only_duplicates_have_the_identity_of_another() {
        let places = roster(&options(7)).unwrap();
        let identities: BTreeSet<_> = places.iter().map(|place| &place.identity).collect();
        assert_eq!(identities.len(), 98);
        for double in places
            .iter()
            .filter(|place| place.behaviour == Behaviour::Duplicate)
        {
            assert!(
                places.iter().any(|place| place.identity == double.identity
                    && place.behaviour == Behaviour::Ordinary)
            );
        }
    }

    #[test]
    fn dead_nodes_come_first_if_asked_for() {
        let mut options = options(7);
        options.order = Order::DeadFirst;
        let places = roster(&options).unwrap();
        for place in places
            .iter()
            .filter(|place| place.behaviour == Behaviour::Dead)
        {
            assert_eq!(place.after, Duration::ZERO);
        }
    }

    #[test]
    fn a_name_that_is_no_identity_is_refused() {
        let mut options = options(7);
        options.prefix = "a b".to_owned();
        assert!(matches!(
            roster(&options),
            Err(OptionsError::Identity { .. })
        ));
    }
}
