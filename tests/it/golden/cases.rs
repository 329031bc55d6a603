//! What is expected of our node in each scenario that is one exchange. Scenarios with more to them have their own tests.

use muster::protocol::Layer;
use muster::protocol::Malformed;
use muster::server::refusal::Refusal;

use super::actor::State;
use super::compare::Difference;

/// One scenario.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) scenario: &'static str,
    pub(crate) state: State,
    pub(crate) expect: Expect,
}

/// What the node must do.
#[derive(Clone)]
pub(crate) enum Expect {
    /// Send what was recorded, but for the mask.
    Recorded,
    /// Send what was recorded, but for the mask and what we do differently on purpose.
    Except(&'static [Difference]),
    /// Stay silent as the recorded one did, for this reason.
    Silence(fn(&Refusal) -> bool),
    /// Nothing was recorded at all.
    Nothing,
}

const fn waiting(scenario: &'static str) -> Case {
    Case {
        scenario,
        state: State::Waiting,
        expect: Expect::Recorded,
    }
}

const fn provisioned(scenario: &'static str) -> Case {
    Case {
        state: State::Provisioned,
        ..waiting(scenario)
    }
}

const fn silence(scenario: &'static str, reason: fn(&Refusal) -> bool) -> Case {
    Case {
        expect: Expect::Silence(reason),
        ..waiting(scenario)
    }
}

const fn except(scenario: &'static str, state: State, differences: &'static [Difference]) -> Case {
    Case {
        scenario,
        state,
        expect: Expect::Except(differences),
    }
}

const fn filtered(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Filtered)
}

pub(crate) const DISCOVERY: &[Case] = &[
    waiting("discovery: bare ping from the reference command line"),
    waiting("discovery with filter -F dc=dc1"),
    waiting("discovery with filter -F dc=/^dc/"),
    // a list is neither more nor less than a number: told apart in the log, no match on the wire
    silence(r#"discovery with filter -F "n.a>1""#, |refusal| {
        matches!(refusal, Refusal::Filter(_))
    }),
    silence("discovery with filter -F role!=web", filtered),
    waiting("discovery with filter -A choria_provision"),
    waiting("discovery with filter -A /provision/"),
    silence("discovery with filter -C nosuchclass", filtered),
    // the reference's command line asks nobody when it is told exact identities
    Case {
        expect: Expect::Nothing,
        ..waiting("discovery with filter -I cap1.example.net")
    },
    waiting("discovery with filter -I /^cap/"),
    waiting("discovery with filter -S 'with(\"dc=dc1\")'"),
];

pub(crate) const RPCUTIL: &[Case] = &[
    waiting("rpcutil#ping {}"),
    waiting(r#"rpcutil#get_fact {"fact": "dc"}"#),
    waiting(r#"rpcutil#get_fact {"fact": "n.a.1"}"#),
    waiting(r#"rpcutil#get_fact {"fact": "nosuch"}"#),
    waiting(r#"rpcutil#get_facts {"facts": "dc,role"}"#),
    waiting("rpcutil#inventory {}"),
    waiting("rpcutil#daemon_stats {}"),
    waiting("rpcutil#collective_info {}"),
    waiting(r#"rpcutil#get_config_item {"item": "identity"}"#),
    waiting(r#"rpcutil#get_config_item {"item": "plugin.choria.server.provision"}"#),
    waiting(r#"rpcutil#get_config_item {"item": "nosuch"}"#),
    waiting("rpcutil#nosuchaction {}"),
    waiting("broadcast rpcutil#ping with agent filter"),
    silence(
        "broadcast rpcutil#ping with non matching fact filter",
        filtered,
    ),
    waiting("rpcutil#ping from the reference command line"),
];

pub(crate) const CHORIA_UTIL: &[Case] = &[
    except(
        "choria_util#info {}",
        State::Waiting,
        &[
            PING_INTERVAL,
            Difference {
                at: "/0/body/data/client_options/secure",
                ours: "false",
                why: "true only of a connection with TLS (design D11); the reference says what it would accept",
            },
            Difference {
                at: "/0/body/data/middleware_servers/0",
                ours: r#""127.0.0.1:4222""#,
                why: "the brokers in use, not the default of a configuration that is not in force (spec 03 §3.6)",
            },
            Difference {
                at: "/0/body/data/using_srv",
                ours: "false",
                why: "whether SRV records are used, not the default of a configuration that is not in force (spec 03 §3.6)",
            },
        ],
    ),
    waiting("choria_util#machine_states {}"),
];

pub(crate) const CHORIA_PROVISION: &[Case] = &[
    waiting(r#"choria_provision#gencsr {"token": "wrong"}"#),
    waiting("choria_provision#gencsr {}"),
    waiting(GENCSR),
    waiting(GENCSR_SUBJECT),
    waiting(GEN25519),
    waiting(GEN25519_BARE),
    waiting(r#"choria_provision#jwt {"token": "toomanysecrets"}"#),
    waiting(r#"choria_provision#reprovision {"token": "toomanysecrets"}"#),
    waiting(
        r#"choria_provision#release_update {"token": "toomanysecrets", "repository": "http://localhost/x", "version": "1.0.0"}"#,
    ),
    waiting(r#"choria_provision#configure {"token": "toomanysecrets", "config": "not json"}"#),
    waiting(r#"choria_provision#configure {"token": "toomanysecrets"}"#),
    waiting(r#"choria_provision#configure {"token": "wrong", "config": "{\"a\":\"b\"}"}"#),
    waiting(r#"choria_provision#nosuchaction {"token": "toomanysecrets"}"#),
    Case {
        state: State::Locked,
        ..waiting("another caller while the first holds the provisioning lock")
    },
    waiting("choria_provision#configure after reprovision"),
];

pub(crate) const UNANSWERED: &[Case] = &[
    silence("unknown agent", |refusal| {
        matches!(refusal, Refusal::UnknownAgent)
    }),
    // its ttl of 5 seconds is below the 30 that the schema asks for, so nobody comes to see that it has expired
    silence("request with expired ttl", |refusal| {
        matches!(
            refusal,
            Refusal::Malformed(Malformed::Field {
                layer: Layer::Request,
                field: "ttl"
            })
        )
    }),
];

pub(crate) const NORMAL: &[Case] = &[
    provisioned("provisioned node: rpcutil#ping {}"),
    provisioned("provisioned node: rpcutil#inventory {}"),
    except(
        "provisioned node: choria_util#info {}",
        State::Provisioned,
        &[PING_INTERVAL],
    ),
    provisioned(r#"provisioned node: choria_provision#gencsr {"token": "toomanysecrets"}"#),
    provisioned(
        r#"provisioned node: choria_provision#configure {"token": "toomanysecrets", "config": "{\"a\":\"b\"}"}"#,
    ),
    provisioned(r#"provisioned node: choria_provision#restart {"token": "wrong"}"#),
];

/// Scenarios with their own tests in `golden.rs` and `dialogue.rs`.
pub(crate) const OWN_TESTS: &[&str] = &[
    NODE_START,
    CONFIGURE_NOTHING,
    WHOLE_PROVISIONING,
    REPROVISION,
    RESTART,
];

pub(crate) const GROUPS: &[&[Case]] = &[
    DISCOVERY,
    RPCUTIL,
    CHORIA_UTIL,
    CHORIA_PROVISION,
    UNANSWERED,
    NORMAL,
];

const PING_INTERVAL: Difference = Difference {
    at: "/0/body/data/client_options/ping_interval",
    ours: "30",
    why: "a dead broker is noticed sooner than after the two minutes of the reference (design §1: a node is never lost)",
};

pub(crate) const NODE_START: &str = "node-start: startup event and first registration";
pub(crate) const GENCSR: &str = r#"choria_provision#gencsr {"token": "toomanysecrets"}"#;
pub(crate) const GENCSR_SUBJECT: &str = r#"choria_provision#gencsr {"token": "toomanysecrets", "cn": "cap1.example.net", "C": "MT", "L": "Valletta", "O": "Example", "OU": "Ops", "ST": "Malta"}"#;
pub(crate) const GEN25519: &str = r#"choria_provision#gen25519 {"token": "toomanysecrets", "nonce": "6bd4a7ad36b3429ba3e3e28ab1d9be2a"}"#;
pub(crate) const GEN25519_BARE: &str = r#"choria_provision#gen25519 {"token": "toomanysecrets"}"#;
pub(crate) const CONFIGURE_NOTHING: &str =
    r#"choria_provision#configure {"token": "toomanysecrets", "config": "{}"}"#;
pub(crate) const WHOLE_PROVISIONING: &str = "whole provisioning of the node by the reference provisioner, then the node joins the default collective";
pub(crate) const REPROVISION: &str =
    "provisioned node: choria_provision#reprovision, node re-enters the provisioning collective";
pub(crate) const RESTART: &str = "choria_provision#restart splay 1";
