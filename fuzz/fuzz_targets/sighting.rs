//! Any bytes on any of the subjects that the provisioner listens on: a node or a refusal, and a node only where its subject
//! says so.

#![no_main]

use libfuzzer_sys::fuzz_target;
use muster::protocol::names::Identity;
use muster_provisioner::find::Ear;
use muster_provisioner::find::SightingKind;
use muster_provisioner::find::subscriptions;
use muster_provisioner::table::Source;

const COMPONENT: &str = "provision_mode_server";

fuzz_target!(|payload: &[u8]| {
    let ear = Ear::new(COMPONENT);
    let mut events = 0;
    for subject in subscriptions(COMPONENT) {
        let Ok(sighting) = ear.hear(&subject, payload) else {
            continue;
        };
        assert!(Identity::new(sighting.identity.as_str()).is_ok());
        let expected = match subject.as_str() {
            "choria.lifecycle.event.startup.server" => SightingKind::InProduction,
            "choria.lifecycle.event.startup.provision_mode_server" => {
                SightingKind::Waiting(Source::Startup)
            }
            _ => SightingKind::Waiting(Source::Registration),
        };
        assert_eq!(sighting.kind, expected);
        events += usize::from(subject.contains(".event."));
    }
    assert!(events <= 1, "an event has one subject");
});
