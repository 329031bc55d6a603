//! One session through all its states, with certificates made here.

mod sample;
mod transitions;

use std::collections::BTreeMap;

use muster::protocol::body::StatusCode;
use muster::protocol::names::Identity;
use serde_json::Value;
use serde_json::json;

use super::*;
use crate::helper::Outfit;
use crate::helper::SecretText;

use sample::CA;
use sample::KEY;
use sample::Sample;
use sample::answered;
use sample::csr_reply;
use sample::ok;
use sample::opened;
use sample::outfit;
use sample::refused;

fn end(step: Step) -> Finish {
    match step {
        Step::End(finish) => finish,
        other => panic!("{other:?} is no end"),
    }
}

fn call(step: Step) -> Call {
    match step {
        Step::Call(call) => call,
        other => panic!("{other:?} is no call"),
    }
}

#[test]
fn the_calls_of_an_onboarding_have_the_references_arguments() {
    let mut play = Sample::default().play();
    let gencsr = call(play.on(Event::Begun));
    assert_eq!(gencsr.action, Action::Gencsr);
    assert_eq!(
        Value::Object(gencsr.data),
        json!({"token": "s3cret", "cn": "n1.example.net"})
    );
    assert!(matches!(play.on(csr_reply()), Step::Open { key } if key != [0; 32]));
    let case = match play.on(opened(None)) {
        Step::Decide(case) => case,
        other => panic!("{other:?}"),
    };
    assert_eq!(case.session.as_str(), sample::SESSION);
    assert_eq!(case.csr.as_ref().unwrap().ssldir, "/etc/node/ssl");
    let configure = call(play.on(Event::Decided(Ok(outfit()))));
    assert_eq!(configure.action, Action::Configure);
    assert_eq!(
        Value::Object(configure.data),
        json!({
            "token": "s3cret",
            "config": r#"{"plugin.choria.server.provision":"false","registerinterval":"300"}"#,
            "ca": CA.pem.as_str(),
            "certificate": KEY.certificate.as_str(),
            "ssldir": "/etc/node/ssl",
            "key": "", "ecdh_public": "", "server_jwt": "",
            "action_policies": {}, "opa_policies": {},
        })
    );
    match play.on(ok()) {
        Step::Record(record) => {
            assert_eq!(record.becomes.as_str(), "n1.example.net");
            assert!(record.not_after.unwrap() > sample::NOW);
        }
        other => panic!("{other:?}"),
    }
    let restart = call(play.on(Event::Recorded));
    assert_eq!(
        Value::Object(restart.data),
        json!({"token": "s3cret", "splay": 1})
    );
    assert_eq!(
        end(play.on(ok())).end,
        End::Provisioned {
            becomes: Identity::new("n1.example.net").unwrap()
        }
    );
}

#[test]
fn the_other_fields_of_the_subject_are_sent_where_they_are_set() {
    let mut sample = Sample::default();
    sample.config.csr.organization = "Example".to_owned();
    sample.config.csr.country = "NL".to_owned();
    let gencsr = call(sample.play().on(Event::Begun));
    assert_eq!(
        Value::Object(gencsr.data),
        json!({"token": "s3cret", "cn": "n1.example.net", "O": "Example", "C": "NL"})
    );
}

#[test]
fn without_certificates_nobody_is_asked_for_a_csr() {
    let mut sample = Sample::default();
    sample.config.pki = false;
    let mut play = sample.play();
    assert!(matches!(play.on(Event::Begun), Step::Open { key } if key == [0; 32]));
    assert!(matches!(play.on(opened(None)), Step::Decide(case) if case.csr.is_none()));
    let bare = Decision::Configure(Box::new(Outfit {
        configuration: BTreeMap::from([("registerinterval".to_owned(), "300".to_owned())]),
        ..Outfit::default()
    }));
    assert_eq!(
        call(play.on(Event::Decided(Ok(bare)))).action,
        Action::Configure
    );
}

#[test]
fn tokens_are_tried_in_order_and_the_one_that_was_accepted_is_kept() {
    let mut play = Sample::default().tokens(&["new", "old", "older"]).play();
    let token = |call: &Call| call.data["token"].clone();
    assert_eq!(token(&call(play.on(Event::Begun))), "new");
    let second = play.on(refused("Incorrect provision token supplied"));
    assert_eq!(token(&call(second)), "old");
    play.on(csr_reply());
    play.on(opened(None));
    let configure = call(play.on(Event::Decided(Ok(outfit()))));
    assert_eq!(token(&configure), "old");
    let third = play.on(refused("Incorrect provision token supplied"));
    assert_eq!(token(&call(third)), "older");
    let finish = end(play.on(refused("Incorrect provision token supplied")));
    assert!(matches!(finish.end, End::Failed { error } if error.contains("none of 3 tokens")));
}

#[test]
fn a_lock_that_somebody_else_holds_is_nobodys_failure() {
    let mut play = Sample::default().play();
    play.on(Event::Begun);
    let finish = end(play.on(refused("Could not obtain provisioning lock")));
    assert_eq!(finish.end, End::Locked);
}

#[test]
fn a_refusal_is_told_in_the_nodes_words_without_control_characters() {
    let mut play = Sample::default().play();
    play.on(Event::Begun);
    let finish = end(play.on(refused("no\u{1b}[31m space\nleft")));
    let End::Failed { error } = finish.end else {
        panic!("{finish:?}")
    };
    assert_eq!(
        error,
        "the node refused choria_provision#gencsr: no [31m space left (1)"
    );
}

#[test]
fn an_identity_that_holds_another_certificate_is_treated_as_configured() {
    let later = sample::NOW + 1000;
    let cases = [
        (Reissue::Allow, [9; 32], later, Approval::None, "decide"),
        (Reissue::Ask, [9; 32], later, Approval::None, "approval"),
        (Reissue::Ask, [9; 32], later, Approval::Given, "decide"),
        (Reissue::Refuse, [9; 32], later, Approval::None, "refused"),
        (
            Reissue::Refuse,
            [9; 32],
            sample::NOW,
            Approval::None,
            "decide",
        ),
        (Reissue::Refuse, KEY.digest, later, Approval::None, "decide"),
    ];
    for (reissue, key_digest, not_after, approval, expected) in cases {
        let mut sample = Sample::default();
        sample.config.admission.reissue = reissue;
        sample.approval = approval;
        let mut play = sample.play();
        play.on(Event::Begun);
        play.on(csr_reply());
        let holder = Holder {
            key_digest,
            not_after,
        };
        let got = match play.on(opened(Some(holder))) {
            Step::Decide(_) => "decide",
            Step::End(Finish {
                end: End::NeedsApproval { .. },
                ..
            }) => "approval",
            Step::End(Finish {
                end: End::Refused { .. },
                ..
            }) => "refused",
            other => panic!("{other:?}"),
        };
        assert_eq!(got, expected, "{reissue:?} {not_after} {approval:?}");
    }
}

#[test]
fn what_a_helper_gives_is_judged_before_anything_is_sent() {
    let changed = |change: fn(&mut Outfit)| {
        let Decision::Configure(mut outfit) = outfit() else {
            panic!("no outfit")
        };
        change(&mut outfit);
        Decision::Configure(outfit)
    };
    let spoiled = [
        changed(|outfit| outfit.certificate = KEY.of_another.clone()),
        changed(|outfit| outfit.certificate.clear()),
        changed(|outfit| outfit.ca.clear()),
        changed(|outfit| outfit.ca = "nonsense".to_owned()),
        changed(|outfit| {
            outfit
                .configuration
                .insert("identity".to_owned(), "a b".to_owned());
        }),
        changed(|outfit| {
            outfit.key = Some(SecretText(muster::secret::Secret::new("key".to_owned())));
        }),
    ];
    for decision in spoiled {
        let shown = format!("{decision:?}");
        let mut play = Sample::default().play();
        play.on(Event::Begun);
        play.on(csr_reply());
        play.on(opened(None));
        let finish = end(play.on(Event::Decided(Ok(decision))));
        assert!(matches!(finish.end, End::Failed { .. }), "{shown}");
        assert!(finish.helper_failed, "{shown}");
    }
}

#[test]
fn a_node_that_is_renamed_is_followed_under_its_new_name() {
    let Decision::Configure(mut outfit) = outfit() else {
        panic!("no outfit")
    };
    outfit
        .configuration
        .insert("identity".to_owned(), "web1.example.net".to_owned());
    let mut play = Sample::default().play();
    play.on(Event::Begun);
    play.on(csr_reply());
    play.on(opened(None));
    play.on(Event::Decided(Ok(Decision::Configure(outfit))));
    play.on(ok());
    play.on(Event::Recorded);
    assert_eq!(
        end(play.on(ok())).end,
        End::Provisioned {
            becomes: Identity::new("web1.example.net").unwrap()
        }
    );
}

#[test]
fn a_configured_node_is_never_given_up() {
    let endings: [fn() -> Event; 5] = [
        || Event::TimeUp,
        || Event::CutOff,
        || Event::Stopped,
        || refused("no"),
        || Event::Impossible {
            error: "too large".to_owned(),
        },
    ];
    for ending in endings {
        let mut play = Sample::default().configured();
        assert!(!play.may_stop());
        play.on(Event::Recorded);
        let shown = format!("{:?}", ending());
        let finish = end(play.on(ending()));
        assert!(matches!(finish.end, End::Unrestarted { .. }), "{shown}");
    }
    let mut play = Sample::default().configured();
    play.on(Event::Recorded);
    for _ in 1..RESTART_TRIES {
        assert!(matches!(play.on(Event::Silent), Step::Wait(_)));
        assert_eq!(call(play.on(Event::Waited)).action, Action::Restart);
    }
    let finish = end(play.on(Event::Silent));
    assert!(matches!(finish.end, End::Unrestarted { .. }));
}

#[test]
fn a_configure_of_which_nobody_knows_whether_it_arrived_is_not_broken_off() {
    let mut play = Sample::default().configuring();
    assert!(play.may_stop());
    assert_eq!(call(play.on(Event::Lost)).action, Action::Configure);
    assert!(!play.may_stop());
}

#[test]
fn a_node_that_starts_anew_before_it_is_configured_is_asked_for_its_request_again() {
    let mut play = Sample::default().configuring();
    play.on(Event::Silent);
    assert_eq!(call(play.on(Event::StartedAnew)).action, Action::Gencsr);
    assert!(matches!(play.on(csr_reply()), Step::Open { .. }));
    assert!(matches!(play.on(opened(None)), Step::Decide(_)));
    let configure = play.on(Event::Decided(Ok(outfit())));
    assert_eq!(call(configure).action, Action::Configure);
}

#[test]
fn starts_that_never_end_do_not_keep_a_node_out() {
    let mut play = Sample::default().deciding();
    for _ in 0..3 {
        assert!(play.starts_over());
        play.on(Event::StartedAnew);
        play.on(csr_reply());
        play.on(opened(None));
    }
    assert_eq!(play.at(), "helper");
    assert!(!play.starts_over());
}

#[test]
fn a_call_that_was_lost_with_the_connection_is_no_try() {
    let mut play = Sample::default().play();
    play.on(Event::Begun);
    for _ in 0..20 {
        assert_eq!(call(play.on(Event::Lost)).action, Action::Gencsr);
    }
}

#[test]
fn faults_of_the_site_are_not_the_nodes() {
    let mut play = Sample::default().play();
    play.on(Event::Begun);
    play.on(csr_reply());
    let finish = end(play.on(Event::NotOpened {
        error: "the disk is full".to_owned(),
    }));
    assert_eq!(finish.end, End::Interrupted);
    assert_eq!(finish.site_fault.as_deref(), Some("the disk is full"));

    let mut play = Sample::default().deciding();
    let finish = end(play.on(Event::Decided(Err(HelperError {
        reason: "no such program".to_owned(),
        blame: Blame::Site,
    }))));
    assert_eq!(finish.end, End::Interrupted);
    assert!(finish.site_fault.is_some());

    let mut play = Sample::default().deciding();
    let finish = end(play.on(Event::Decided(Err(HelperError {
        reason: "exit status 1".to_owned(),
        blame: Blame::Case,
    }))));
    assert!(matches!(finish.end, End::Failed { .. }));
    assert!(finish.helper_failed && finish.site_fault.is_none());
}

#[test]
fn a_deferred_node_is_no_failure_and_a_shut_down_one_is_asked_for_it() {
    let mut play = Sample::default().deciding();
    let deferred = end(play.on(Event::Decided(Ok(Decision::Defer {
        message: "not yet".to_owned(),
        retry_after: None,
    }))));
    assert!(matches!(deferred.end, End::Deferred { message, .. } if message == "not yet"));

    let mut play = Sample::default().deciding();
    let shutdown = call(play.on(Event::Decided(Ok(Decision::Shutdown {
        message: "scrapped".to_owned(),
    }))));
    assert_eq!(shutdown.action, Action::Shutdown);
    assert!(matches!(end(play.on(ok())).end, End::Shutdown { .. }));
}

#[test]
fn junk_in_the_reply_to_gencsr_fails_the_node() {
    let replies = [
        json!({}),
        json!({"csr": 7}),
        json!({"csr": "", "public_key": "", "ssldir": ""}),
        json!({"csr": "not PEM", "public_key": "", "ssldir": ""}),
        json!({"csr": KEY.csr, "public_key": [], "ssldir": ""}),
        json!({"csr": KEY.csr, "public_key": KEY.other_public, "ssldir": ""}),
        json!({"csr": KEY.csr_of_another, "public_key": "", "ssldir": ""}),
    ];
    for reply in replies {
        let shown = reply.to_string();
        let mut play = Sample::default().play();
        play.on(Event::Begun);
        let finish = end(play.on(answered(StatusCode::Ok, "OK", reply)));
        assert!(
            matches!(finish.end, End::Failed { .. }),
            "{shown}: {finish:?}"
        );
        assert!(!finish.helper_failed);
    }
}
