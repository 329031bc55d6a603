//! Golden wire: our node in the place of the reference's, one scenario of the recording after the other.
//!
//! The node is fed the recorded bytes on the recorded subject at the recorded time. What it sends is compared with what
//! was recorded, layer by layer and field by field, under the checked-in mask; what we do differently on purpose stands
//! in `cases` or in the tests here, with the section of the design that says so.
//!
//! Not compared: that answers to a wrong token wait (design D4); here nobody waits for them.

mod actor;
mod cases;
mod compare;
mod dialogue;
mod keys;
mod recording;
mod secure;

use std::collections::BTreeSet;

use muster::server::refusal::Refusal;

use self::actor::Actor;
use self::actor::Played;
use self::actor::State;
use self::cases::Case;
use self::cases::Expect;
use self::compare::Difference;
use self::compare::Masks;
pub(crate) use self::recording::Message;
pub(crate) use self::recording::Recording;
pub(crate) use self::recording::Secure;

/// Plays every case on a node of its own and tells what is wrong.
async fn play(cases: &[Case]) -> Vec<String> {
    let (recording, masks) = (Recording::load(), Masks::load());
    let mut problems = Vec::new();
    for case in cases {
        let scenario = recording.scenario(case.scenario);
        let mut actor = Actor::new(&recording, case.state).await;
        let played = actor.play(scenario).await;
        let silent = played.published.is_empty() && scenario.published().is_empty();
        let compare = |played: &Played, differences: &[Difference]| {
            let recorded = scenario.published();
            masks.compare(case.scenario, &recorded, &played.published, differences)
        };
        match &case.expect {
            Expect::Recorded => problems.extend(compare(&played, &[])),
            Expect::Except(differences) => problems.extend(compare(&played, differences)),
            Expect::Silence(reason) if silent && played.refused.iter().any(reason) => {}
            Expect::Nothing if silent && played.refused.is_empty() => {}
            Expect::Silence(_) | Expect::Nothing => {
                problems.push(format!("{}: {:?}", case.scenario, played.refused));
            }
        }
    }
    problems
}

fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn every_scenario_of_the_recording_has_a_test() {
    let recording = Recording::load();
    let recorded: BTreeSet<&str> = recording
        .scenarios
        .iter()
        .map(|scenario| scenario.name.as_str())
        .collect();
    let grouped = cases::GROUPS.iter().flat_map(|group| group.iter());
    let tested: Vec<&str> = grouped
        .map(|case| case.scenario)
        .chain(cases::OWN_TESTS.iter().copied())
        .collect();
    assert_eq!(recording.scenarios.len(), recorded.len(), "names repeat");
    assert_eq!(tested.len(), recorded.len(), "a scenario is listed twice");
    assert_eq!(tested.into_iter().collect::<BTreeSet<_>>(), recorded);
}

#[test]
fn every_mask_is_of_a_scenario_that_is_compared() {
    let compared: Vec<&str> = cases::GROUPS
        .iter()
        .flat_map(|group| group.iter())
        .filter(|case| matches!(case.expect, Expect::Recorded | Expect::Except(_)))
        .map(|case| case.scenario)
        .chain([
            cases::WHOLE_PROVISIONING,
            cases::REPROVISION,
            cases::RESTART,
        ])
        .collect();
    for scenario in Masks::load().0.keys() {
        assert!(compared.contains(&scenario.as_str()), "{scenario}");
    }
}

#[tokio::test]
async fn discovery_is_answered_as_recorded() {
    none(&play(cases::DISCOVERY).await);
}

#[tokio::test]
async fn rpcutil_answers_as_recorded() {
    none(&play(cases::RPCUTIL).await);
}

#[tokio::test]
async fn choria_util_answers_as_recorded() {
    none(&play(cases::CHORIA_UTIL).await);
}

#[tokio::test]
async fn choria_provision_answers_as_recorded() {
    none(&play(cases::CHORIA_PROVISION).await);
}

#[tokio::test]
async fn what_was_not_answered_is_not_answered() {
    none(&play(cases::UNANSWERED).await);
}

#[tokio::test]
async fn a_provisioned_node_answers_as_recorded() {
    none(&play(cases::NORMAL).await);
}

#[tokio::test]
async fn a_recorded_request_is_valid_until_its_time_has_passed() {
    let recording = Recording::load();
    let scenario = recording.scenario("rpcutil#ping {}");
    let (request, time) = scenario.requests().next().unwrap();
    for (late, valid) in [(59, true), (60, false), (-59, true), (-60, false)] {
        let mut actor = Actor::new(&recording, State::Waiting).await;
        let mut played = Played::default();
        let payload = request.payload.as_bytes();
        actor
            .send(
                scenario,
                &request.subject,
                payload,
                time + late,
                &mut played,
            )
            .await;
        assert_eq!(!played.published.is_empty(), valid, "{late}");
        let expired = played
            .refused
            .iter()
            .any(|refusal| matches!(refusal, Refusal::Expired { offset } if *offset == late));
        assert_eq!(expired, !valid, "{late}");
    }
}

/// One node serves one scenario after the other as the recorded one did, however often it is asked the same.
#[tokio::test]
async fn every_recorded_request_is_acted_upon_once() {
    let recording = Recording::load();
    let mut actor = Actor::new(&recording, State::Waiting).await;
    let cases = [cases::DISCOVERY, cases::RPCUTIL, cases::CHORIA_UTIL].concat();
    for case in cases {
        let scenario = recording.scenario(case.scenario);
        let first = actor.play(scenario).await;
        assert_eq!(first.published.len(), scenario.published().len());
        let again = actor.play(scenario).await;
        assert!(again.published.is_empty(), "{}", case.scenario);
        let replays = first.published.len();
        let replayed = |refusal: &&Refusal| matches!(refusal, Refusal::Replayed);
        assert_eq!(again.refused.iter().filter(replayed).count(), replays);
    }
}
