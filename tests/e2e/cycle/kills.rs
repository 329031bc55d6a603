//! The cycle of a node that is killed at any moment of it.
//!
//! A run with kills prints its seed when it begins and with every failure; `MUSTER_SEED` repeats its choices, which are
//! what each kill comes how long after. How far the node is by then is up to the machine. After a kill the files are
//! judged without the node ([`Standing`]): they are those from before or those of the request that was under way, whole
//! either way, and the node connects as what they say.

use std::fmt;
use std::time::Duration;

use muster::os::files::RealFiles;
use muster::os::transaction;
use muster::os::transaction::Recovery;
use serde_json::json;
use tokio::time::sleep;

use super::Cycle;
use super::NAME;
use crate::harness::Node;
use crate::harness::Standing;
use crate::harness::TOKEN;
use crate::harness::journey;
use crate::harness::long;
use crate::harness::read;
use crate::harness::seed;

#[tokio::test]
async fn a_node_that_is_killed_anywhere_in_its_cycle_goes_on() {
    let kills = if long() { 100 } else { 10 };
    let mut run = Run::new(seed());
    let mut cycle = Cycle::start().await;
    cycle.returns().await;
    for number in 0..kills {
        run.kill(&mut cycle, number).await;
    }
    run.is_at("the end");
    let standing = cycle.returns().await;
    if standing.waits() {
        cycle.joins(cycle.next(&standing)).await;
    }
    let log = cycle.node.log();
    let repairs = ["finished a configuration", "discarded a configuration"];
    run.repaired += repairs
        .map(|text| log.matches(text).count())
        .iter()
        .sum::<usize>();
    run.is_at(&format!(
        "{} of {kills} kills let the node join a fleet and {} let it leave one, {} had something to put right",
        run.joined, run.left, run.repaired
    ));
    let everything = run.joined > 0 && run.left > 0 && run.repaired > 0;
    assert!(everything || !long(), "{run}");
}

impl Cycle {
    /// Takes the node to the moment where something of this kind begins: what it is then, and what it may become.
    async fn begins(&mut self, act: Act, before: Standing) -> (Standing, Option<Standing>) {
        match act {
            Act::Gencsr => {
                let token = json!({"token": TOKEN});
                self.waiting
                    .send(NAME, "choria_provision", "gencsr", &token);
                (before, None)
            }
            Act::Configure => {
                let fleet = self.next(&before);
                let csr = self.waiting.provision(NAME, "gencsr", json!({})).await.ok();
                let mut inputs =
                    journey::configuration(&self.node, &self.fleets[fleet], &csr["csr"]);
                inputs["token"] = TOKEN.into();
                let key = read(&self.node.etc().join(".muster/staged-private.pem"));
                let text = |name: &str| inputs[name].as_str().unwrap().to_owned();
                let after = Standing {
                    settings: self.membership(fleet),
                    tls: Some([text("certificate"), key, text("ca")]),
                };
                self.waiting
                    .send(NAME, "choria_provision", "configure", &inputs);
                (before, Some(after))
            }
            Act::Reprovision => {
                let fleet = self.fleet_of(&before).unwrap();
                let token = json!({"token": TOKEN});
                self.production[fleet].send(NAME, "choria_provision", "reprovision", &token);
                let after = Standing {
                    settings: self.exile(),
                    ..before.clone()
                };
                (before, Some(after))
            }
            Act::Restart if before.waits() => {
                let fleet = &self.fleets[self.next(&before)];
                journey::configure(&mut self.waiting, &self.node, fleet).await;
                journey::restart(&mut self.waiting, &self.node).await;
                self.waiting
                    .event("shutdown", "provision_mode_server")
                    .await;
                (Standing::of(&self.node), None)
            }
            Act::Restart => {
                let peer = &mut self.production[self.fleet_of(&before).unwrap()];
                journey::restart(peer, &self.node).await;
                peer.event("shutdown", "server").await;
                (before, None)
            }
        }
    }
}

/// What a node is killed in.
#[derive(Debug, Clone, Copy)]
enum Act {
    Gencsr,
    Configure,
    Reprovision,
    Restart,
}

/// A run with kills.
struct Run {
    seed: u64,
    /// Where it is, for those who read of its failure.
    at: String,
    joined: usize,
    left: usize,
    repaired: usize,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut run = Self {
            seed,
            at: String::new(),
            joined: 0,
            left: 0,
            repaired: 0,
        };
        run.is_at("the beginning");
        run
    }

    #[expect(clippy::print_stderr, reason = "the seed repeats the run")]
    fn is_at(&mut self, what: &str) {
        self.at = what.to_owned();
        eprintln!("{self}");
    }

    /// Kills the node in the middle of something, perhaps once more while it starts, and looks at what is left of it.
    async fn kill(&mut self, cycle: &mut Cycle, number: u64) {
        let dice = Dice::new(self.seed, number);
        let before = Standing::of(&cycle.node);
        let act = dice.act(&before);
        self.is_at(&format!("kill {number}, {:?} into {act:?}", dice.moment));
        let (before, possible) = cycle.begins(act, before).await;
        // not a wait for anything: the moment of the kill is what is tried
        sleep(dice.moment).await;
        cycle.node.kill().await;
        let repaired = dice.repairs.then(|| self.repairs(&cycle.node));
        if let Some(moment) = dice.again {
            self.is_at(&format!(
                "kill {number} again, {moment:?} into the start after {act:?}"
            ));
            cycle.node.start();
            // as above
            sleep(moment).await;
            cycle.node.kill().await;
        }
        cycle.node.start();
        let after = cycle.returns().await;
        assert!(
            after == before || possible.is_some_and(|it| it == after),
            "neither what it was nor what was asked for: {:?}; {self}",
            after.settings
        );
        let kept = repaired.is_none_or(|repaired| repaired == after);
        assert!(kept, "a start has changed something; {self}");
        self.joined += usize::from(before.waits() && !after.waits());
        self.left += usize::from(!before.waits() && after.waits());
    }

    /// Does what the start of the node would do first, so that its files can be judged before it runs.
    fn repairs(&mut self, node: &Node) -> Standing {
        let recovery = transaction::recover(&RealFiles, &node.etc().join(".muster")).unwrap();
        self.repaired += usize::from(!matches!(recovery, Recovery::Nothing));
        Standing::of(node)
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MUSTER_SEED={}: {}", self.seed, self.at)
    }
}

impl Drop for Run {
    #[expect(clippy::print_stderr, reason = "the seed repeats the run")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed with {self}");
        }
    }
}

/// The choices for one kill: the same for the same seed, whatever became of the kills before.
struct Dice {
    act: u64,
    moment: Duration,
    repairs: bool,
    again: Option<Duration>,
}

impl Dice {
    fn new(seed: u64, number: u64) -> Self {
        // SplitMix64: the runs of two seeds have nothing in common
        let mut state = seed
            .wrapping_mul(0xd134_2543_de82_ef95)
            .wrapping_add(number << 32);
        let mut below = |bound: u64| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed ^ (mixed >> 31)) % bound
        };
        let moment = Duration::from_micros(below(LONGEST_MICROSECONDS));
        let again = Duration::from_micros(below(LONGEST_MICROSECONDS));
        Self {
            act: below(8),
            moment,
            repairs: below(2) == 0,
            again: (below(4) == 0).then_some(again),
        }
    }

    /// Something that a node of this standing does; most often what changes its standing.
    fn act(&self, standing: &Standing) -> Act {
        match (standing.waits(), self.act) {
            (_, 0) => Act::Restart,
            (true, 1) => Act::Gencsr,
            (true, _) => Act::Configure,
            (false, _) => Act::Reprovision,
        }
    }
}

/// More than any of these takes from the first byte to the reply.
const LONGEST_MICROSECONDS: u64 = 60_000;
