//! What a fleet is made of.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use muster::secret::Secret;
use muster::transport::Server;

/// What a fleet is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many nodes.
    pub nodes: usize,
    /// The provisioning broker.
    pub broker: Server,
    /// How its connections are protected.
    pub tls: Tls,
    /// First part of every identity; a number follows.
    pub prefix: String,
    /// Last part of every identity.
    pub domain: String,
    /// Nodes that share one connection: by default 1 up to [`Options::OWN`] nodes, else [`Options::SHARED`].
    pub per_connection: Option<usize>,
    /// How a provisioned node is connected: by default as configured where it has a connection of its own, else to the
    /// provisioning broker.
    pub production: Option<Production>,
    /// The provisioning token that nodes accept; anybody may act on them without one.
    pub token: Option<Secret<String>>,
    /// How many nodes are not as they should be.
    pub shares: Shares,
    /// Who announces itself first.
    pub order: Order,
    /// Over which time the nodes announce themselves.
    pub arrival: Duration,
    /// The fact file of waiting nodes.
    pub facts: Option<PathBuf>,
    /// A file, or a directory of files `*.pem`, with the private keys that nodes use in turn; without it each makes its
    /// own, as a real one does.
    pub keys: Option<PathBuf>,
    /// Where the directory of the fleet is made: in memory by default, where it is cheap to write durably.
    pub root: Option<PathBuf>,
    /// The same seed and the same other options make the same fleet.
    pub seed: u64,
}

/// How connections to the provisioning broker are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// As in a build with `ProvisionSecure: false`: plain text where the broker offers nothing better.
    Off,
    /// TLS, to whoever answers.
    Unverified,
}

/// How provisioned nodes are connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Production {
    /// Each by a connection of its own to where its configuration says, with its certificate.
    Configured,
    /// The nodes that shared a connection share another one to this broker, protected as the first.
    At(Server),
}

/// Who announces itself first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// All nodes mixed.
    Mixed,
    /// Every dead node before any other.
    DeadFirst,
}

/// How many nodes are not as they should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shares {
    /// Announce themselves and never say anything again.
    pub dead: Share,
    /// Answer after one to five seconds.
    pub slow: Share,
    /// Answer with garbage.
    pub junk: Share,
    /// Vanish once on their way and come back.
    pub flapping: Share,
    /// Have the identity of another node.
    pub duplicate: Share,
}

/// A share of the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// So many.
    Count(usize),
    /// So many hundredths of a percent.
    Fraction(u32),
}

/// A text that is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a number of nodes, such as 20, nor a percentage of them, such as 2.5%")]
pub struct NotAShare;

/// Options that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// A fleet of none.
    #[error("a fleet has at least one node and at most {}", Options::MOST)]
    Nodes,
    /// Shares that overlap.
    #[error("{asked} nodes shall not be as they should, of {nodes}")]
    Shares {
        /// By all shares together.
        asked: usize,
        /// All nodes.
        nodes: usize,
    },
    /// Nobody whose name could be used twice.
    #[error("duplicates need a node that is as it should be, whose identity they take")]
    NobodyToDouble,
    /// Not one node a connection.
    #[error(
        "a connection carries at least one node and at most {}",
        Options::MOST_SHARING
    )]
    PerConnection,
    /// Certificates of many nodes on one connection.
    #[error("nodes that share a connection cannot be connected as each is configured")]
    NotShared,
    /// No identity.
    #[error("'{text}' is no identity of a node: {}", err)]
    Identity {
        /// The first identity.
        text: String,
        /// What is wrong with it.
        err: muster::protocol::names::InvalidName,
    },
}

impl Options {
    /// Up to so many nodes have connections of their own, unless asked otherwise.
    pub const OWN: usize = 200;
    /// So many nodes of a larger fleet share a connection, unless asked otherwise.
    pub const SHARED: usize = 100;
    /// Nodes of the largest fleet.
    pub const MOST: usize = 1_000_000;
    /// A line takes so many wishes at a time, one of each node.
    pub const MOST_SHARING: usize = muster::transport::REQUEST_DEPTH;

    /// So many nodes that are as they should be, at this broker.
    #[must_use]
    pub fn new(nodes: usize, broker: Server) -> Self {
        Self {
            nodes,
            broker,
            tls: Tls::Off,
            prefix: "node".to_owned(),
            domain: "example.net".to_owned(),
            per_connection: None,
            production: None,
            token: None,
            shares: Shares::default(),
            order: Order::Mixed,
            arrival: Duration::ZERO,
            facts: None,
            keys: None,
            root: None,
            seed: 1,
        }
    }

    /// Nodes that share one connection.
    #[must_use]
    pub fn sharing(&self) -> usize {
        self.per_connection.unwrap_or(if self.nodes <= Self::OWN {
            1
        } else {
            Self::SHARED
        })
    }

    /// How provisioned nodes are connected.
    #[must_use]
    pub fn in_production(&self) -> Production {
        match &self.production {
            Some(production) => production.clone(),
            None if self.sharing() == 1 => Production::Configured,
            None => Production::At(self.broker.clone()),
        }
    }

    /// Whether the options fit each other.
    ///
    /// # Errors
    ///
    /// [`OptionsError`] with the first contradiction.
    pub fn check(&self) -> Result<(), OptionsError> {
        if self.nodes == 0 || self.nodes > Self::MOST {
            return Err(OptionsError::Nodes);
        }
        let sharing = self.sharing();
        if sharing == 0 || sharing > Self::MOST_SHARING {
            return Err(OptionsError::PerConnection);
        }
        if sharing > 1 && self.production == Some(Production::Configured) {
            return Err(OptionsError::NotShared);
        }
        let asked = self.shares.of(self.nodes);
        if asked > self.nodes {
            let nodes = self.nodes;
            return Err(OptionsError::Shares { asked, nodes });
        }
        if asked == self.nodes && self.shares.duplicate.of(self.nodes) > 0 {
            return Err(OptionsError::NobodyToDouble);
        }
        Ok(())
    }
}

impl Shares {
    /// How many nodes of so many are not as they should be.
    #[must_use]
    pub fn of(&self, nodes: usize) -> usize {
        [
            self.dead,
            self.slow,
            self.junk,
            self.flapping,
            self.duplicate,
        ]
        .into_iter()
        .fold(0, |sum, share| sum.saturating_add(share.of(nodes)))
    }
}

impl Share {
    /// How many of so many nodes, to the nearest.
    #[must_use]
    pub fn of(self, nodes: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Fraction(hundredths) => {
                let hundredths = usize::try_from(hundredths).unwrap_or(usize::MAX);
                nodes.saturating_mul(hundredths).saturating_add(WHOLE / 2) / WHOLE
            }
        }
    }
}

impl Default for Share {
    fn default() -> Self {
        Self::Count(0)
    }
}

impl FromStr for Share {
    type Err = NotAShare;

    fn from_str(text: &str) -> Result<Self, NotAShare> {
        let Some(percent) = text.strip_suffix('%') else {
            return text.parse().map(Self::Count).map_err(|_| NotAShare);
        };
        let (whole, rest) = percent.split_once('.').unwrap_or((percent, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || rest.len() > 2 || !digits(whole) || !digits(rest)
        {
            return Err(NotAShare);
        }
        let hundredths = format!("{whole}{rest:0<2}").parse::<u32>();
        match hundredths {
            Ok(hundredths) if hundredths <= 10_000 => Ok(Self::Fraction(hundredths)),
            Ok(_) | Err(_) => Err(NotAShare),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Fraction(hundredths) => {
                write!(f, "{}.{:02}%", hundredths / 100, hundredths % 100)
            }
        }
    }
}

/// Hundredths of a percent in a whole.
const WHOLE: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn options(nodes: usize) -> Options {
        Options::new(nodes, "nats://127.0.0.1:4222".parse().unwrap())
    }

    #[test]
    fn a_share_is_a_number_or_a_percentage() {
        for (text, of_1000) in [("0", 0), ("7", 7), ("5%", 50), ("0.25%", 3), ("12.5%", 125)] {
            assert_eq!(text.parse::<Share>().unwrap().of(1000), of_1000, "{text}");
        }
        for bad in ["", "%", "-1", "101%", "1.234%", "1,5%", ".5%", "5 %", "+5%"] {
            assert_eq!(bad.parse::<Share>(), Err(NotAShare), "{bad}");
        }
    }

    #[test]
    fn a_large_fleet_shares_connections_and_a_small_one_does_not() {
        assert_eq!(options(200).sharing(), 1);
        assert_eq!(options(201).sharing(), 100);
        assert_eq!(options(1).in_production(), Production::Configured);
        assert!(matches!(options(201).in_production(), Production::At(_)));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        assert_eq!(options(0).check(), Err(OptionsError::Nodes));
        let mut shares = options(10);
        shares.shares.dead = Share::Count(6);
        shares.shares.junk = Share::Fraction(5_000);
        assert!(matches!(
            shares.check(),
            Err(OptionsError::Shares {
                asked: 11,
                nodes: 10
            })
        ));
        let mut doubles = options(10);
        doubles.shares.duplicate = Share::Count(10);
        assert_eq!(doubles.check(), Err(OptionsError::NobodyToDouble));
        let mut shared = options(10);
        shared.per_connection = Some(2);
        shared.production = Some(Production::Configured);
        assert_eq!(shared.check(), Err(OptionsError::NotShared));
        shared.per_connection = Some(0);
        assert_eq!(shared.check(), Err(OptionsError::PerConnection));
    }
}
