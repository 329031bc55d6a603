use serde_json::json;

use super::*;
use crate::build_info::BuildInfo;
use crate::build_info::Provisioning;
use crate::report::Chain;

/// A build in whose place of `choria_provision` another agent may stand.
const BUILD: BuildInfo = BuildInfo {
    build: "test",
    target: "defaults",
    version: "1.2.3",
    sha: "unknown",
    build_date: "unknown",
    rustc: "unknown",
    triple: "unknown",
    tls: true,
    secure: true,
    default_collectives: &["mcollective"],
    client_identity_suffix: "mcollective",
    provisioning: Provisioning {
        brokers: &["nats://127.0.0.1:4222"],
        srv_domain: None,
        mode_default: true,
        agent: false,
        secure: true,
        ca: None,
        tokens: &[],
        registration_data: None,
        registration_subjects: &[],
        facts: None,
        jwt_file: None,
        status_file: None,
        user: None,
        password: None,
        protocol_v2: false,
        allow_update: false,
    },
};

fn make(_: Host) -> Result<Box<dyn CompanyAgent>, MakeError> {
    Err("is not made here".into())
}

fn described(name: &'static str, ddl: &serde_json::Value) -> Compiled {
    Compiled {
        name,
        origin: "path ../here",
        company: Company {
            ddl: ddl.to_string().leak(),
            krate: "acme-here",
            version: "0.3.0",
            make,
        },
    }
}

fn agent(name: &'static str) -> Compiled {
    let metadata = json!({"name": name, "description": "", "timeout": 5, "version": "9.9.9"});
    described(
        name,
        &json!({"metadata": metadata, "actions": [{"action": "show"}]}),
    )
}

fn refused(agents: &[Compiled], build: &BuildInfo) -> RosterError {
    Roster::of(agents, build).unwrap_err()
}

#[test]
fn the_roster_knows_the_company_s_descriptions_and_ours() {
    let roster = Roster::of(&[agent("acme_b"), agent("acme_a")], &BUILD).unwrap();
    let names: Vec<&str> = roster.members().iter().map(Member::name).collect();
    assert_eq!(names, ["acme_a", "acme_b"]);
    let known: Vec<&String> = roster.ddls().iter().map(|ddl| &ddl.metadata.name).collect();
    let all = [
        "acme_a",
        "acme_b",
        "choria_provision",
        "choria_util",
        "rpcutil",
    ];
    assert_eq!(known, all);
    assert!(roster.ddl("discovery").is_none());
}

#[test]
fn peers_are_told_the_version_of_the_crate() {
    let roster = Roster::of(&[agent("acme_a")], &BUILD).unwrap();
    let metadata = roster.member("acme_a").unwrap().metadata();
    assert_eq!((metadata.version.as_str(), metadata.timeout), ("0.3.0", 5));
}

#[test]
fn an_agent_s_settings_are_those_with_its_prefix() {
    let roster = Roster::of(&[agent("acme_a")], &BUILD).unwrap();
    assert!(roster.owns_setting("plugin.acme_a.word"));
    assert!(!roster.owns_setting("plugin.acme_ab.word"));
}

#[test]
fn names_of_every_node_cannot_be_replaced() {
    for name in ["choria_util", "discovery", "rpcutil"] {
        let err = refused(&[agent(name)], &BUILD);
        assert!(matches!(err, RosterError::Taken { .. }), "{name}");
    }
}

#[test]
fn ours_is_replaced_only_where_the_build_leaves_it_out() {
    let mut ours = BUILD;
    ours.provisioning.agent = true;
    let agents = [agent(PROVISIONS)];
    assert!(matches!(
        refused(&agents, &ours),
        RosterError::NotReplaced { .. }
    ));
    let roster = Roster::of(&agents, &BUILD).unwrap();
    assert!(roster.provisions(&BUILD) && roster.provisioner().is_some());
    let description = &roster.ddl(PROVISIONS).unwrap().actions;
    assert_eq!(description.len(), 1, "ours is shown instead of theirs");
}

#[test]
fn without_a_replacement_nobody_provisions_where_the_build_leaves_ours_out() {
    assert!(!Roster::default().provisions(&BUILD));
}

#[test]
fn two_agents_of_one_name_are_refused() {
    let err = refused(&[agent("acme_a"), agent("acme_a")], &BUILD);
    assert!(matches!(err, RosterError::Twice { .. }));
}

#[test]
fn another_agent_than_was_listed_is_refused() {
    let listed = Compiled {
        name: "acme_b",
        ..agent("acme_a")
    };
    let err = refused(&[listed], &BUILD);
    assert_eq!(
        Chain(&err).to_string(),
        "crate acme-here provides the agent acme_a, not acme_b"
    );
}

#[test]
fn a_description_that_cannot_be_used_is_refused() {
    let name = "acme_a";
    let with = |timeout: u64, actions: serde_json::Value| {
        let metadata = json!({"name": name, "description": "", "timeout": timeout});
        refused(
            &[described(
                name,
                &json!({"metadata": metadata, "actions": actions}),
            )],
            &BUILD,
        )
    };
    let err = refused(&[described(name, &json!({"actions": []}))], &BUILD);
    assert!(matches!(err, RosterError::Description { .. }));
    assert!(matches!(with(0, json!([])), RosterError::NoTimeout { .. }));
    let twice = json!([{"action": "show"}, {"action": "show"}]);
    assert!(matches!(with(5, twice), RosterError::ActionTwice { .. }));
    for validation in ["(", "shelsafe"] {
        let input = json!({"tag": {"type": "string", "validation": validation}});
        let err = with(5, json!([{"action": "set", "input": input}]));
        assert!(
            matches!(err, RosterError::Expression { .. }),
            "{validation}"
        );
    }
}
