//! Replies that come twice, late or never, after a node has begun well: nothing is done twice, and nobody is lost.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rcgen::KeyPair;

use crate::harness::Asked;
use crate::harness::BAD;
use crate::harness::EAGER;
use crate::harness::QUICK;
use crate::harness::SHORT;
use crate::harness::Said;
use crate::harness::Scene;
use crate::harness::csr;
use crate::harness::honest;
use crate::harness::honestly;

#[tokio::test]
async fn a_reply_that_comes_twice_counts_once() {
    let mut scene = Scene::builtin(SHORT).await;
    let honest = honest(BAD);
    scene.crowd.add(
        BAD,
        Arc::new(move |asked| {
            let mut says = honest(asked);
            says.extend(honest(asked));
            says.push(asked.refuses("Could not obtain provisioning lock"));
            says
        }),
    );
    scene.site.ready().await;
    scene.site.stands(BAD, "provisioned").await;
    assert_eq!(
        scene.crowd.asked(BAD),
        [
            "rpcutil#inventory",
            "choria_provision#gencsr",
            "choria_provision#configure",
            "choria_provision#restart"
        ]
    );
    scene.is_well();
}

/// The first answer comes after the second question was asked, and is for a key that the node has no more.
#[tokio::test]
async fn a_late_reply_to_an_earlier_try_does_not_count() {
    let mut scene = Scene::builtin(QUICK).await;
    let (old, new) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let (stale, fresh) = (csr(BAD, &old), csr(BAD, &new));
    let (old, new) = (old.public_key_pem(), new.public_key_pem());
    let (key, late) = (new.clone(), Arc::new(Mutex::new(None)));
    let says = move |asked: &Asked| {
        if asked.action != "gencsr" {
            return vec![honestly(asked, &fresh, &new)];
        }
        let mut late = late.lock().unwrap();
        match late.take() {
            None => {
                *late = Some(asked.clone());
                Vec::new()
            }
            // the answer to the first try first, on its own subject and on that of the second
            Some(first) => {
                let stale = honestly(&first, &stale, &old);
                vec![
                    Said {
                        to: Some(first.reply_to),
                        after: Duration::ZERO,
                        payload: stale.payload.clone(),
                    },
                    stale,
                    honestly(asked, &fresh, &new),
                ]
            }
        }
    };
    scene.crowd.add(BAD, Arc::new(says));
    scene.site.ready().await;
    scene.site.stands(BAD, "provisioned").await;
    let configure = scene.crowd.requests(BAD);
    let configure = configure.iter().find(|asked| asked.action == "configure");
    let certificate = configure.unwrap().data["certificate"].as_str().unwrap();
    assert_eq!(key_of(certificate), pem::parse(key).unwrap().contents());
    assert_eq!(scene.site.certificates(BAD).await.len(), 1);
    scene.is_well();
}

/// The public key of a certificate, DER.
fn key_of(certificate: &str) -> Vec<u8> {
    let block = pem::parse(certificate).unwrap();
    let (_, certificate) = x509_parser::parse_x509_certificate(block.contents()).unwrap();
    certificate.public_key().raw.to_vec()
}

#[tokio::test]
async fn a_node_whose_answer_to_configure_got_lost_is_configured_again_with_the_same_certificate() {
    let mut scene = Scene::builtin(QUICK).await;
    let (honest, tries) = (honest(BAD), AtomicUsize::new(0));
    scene.crowd.add(
        BAD,
        Arc::new(move |asked| {
            let lost = asked.action == "configure" && tries.fetch_add(1, Ordering::SeqCst) == 0;
            if lost { Vec::new() } else { honest(asked) }
        }),
    );
    scene.site.ready().await;
    scene.site.stands(BAD, "provisioned").await;
    let requests = scene.crowd.requests(BAD);
    let configures: Vec<_> = requests
        .iter()
        .filter(|asked| asked.action == "configure")
        .collect();
    assert_eq!(configures.len(), 2);
    assert_eq!(configures[0].data, configures[1].data);
    assert_eq!(scene.site.certificates(BAD).await.len(), 1);
    scene.is_well();
}

#[tokio::test]
async fn a_configured_node_whose_restart_is_not_acknowledged_is_asked_again_until_it_is() {
    let mut scene = Scene::builtin(EAGER).await;
    let (honest, tries) = (honest(BAD), AtomicUsize::new(0));
    scene.crowd.add(
        BAD,
        Arc::new(move |asked| {
            let lost = asked.action == "restart" && tries.fetch_add(1, Ordering::SeqCst) < 3;
            if lost { Vec::new() } else { honest(asked) }
        }),
    );
    scene.site.ready().await;
    scene.site.stands(BAD, "provisioned").await;
    let asked = scene.crowd.asked(BAD);
    let count = |action: &str| asked.iter().filter(|asked| asked.ends_with(action)).count();
    assert_eq!((count("#configure"), count("#restart")), (1, 4));
    scene.is_well();
}

#[tokio::test]
async fn a_configured_node_that_only_its_production_event_shows_is_confirmed() {
    let mut scene = Scene::builtin(QUICK).await;
    let honest = honest(BAD);
    scene.crowd.add(
        BAD,
        Arc::new(move |asked| match asked.action.as_str() {
            "restart" => Vec::new(),
            _ => honest(asked),
        }),
    );
    scene.site.ready().await;
    let row = scene.site.stands(BAD, "unrestarted").await;
    let why = row["why"].as_str().unwrap();
    assert!(
        why.contains("choria_provision#restart was not answered"),
        "{why}"
    );
    scene.crowd.remove(BAD);
    scene.crowd.in_production(BAD);
    scene.site.stands(BAD, "confirmed").await;
    scene.is_well();
}
