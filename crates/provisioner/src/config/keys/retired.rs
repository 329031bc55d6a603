//! Keys of the reference that do nothing here, and switches of what is not built.

/// A key that is accepted with a warning.
pub(in crate::config) struct Retired {
    pub(in crate::config) name: &'static str,
    /// Why it has no effect, and what takes its place.
    pub(in crate::config) why: &'static str,
}

/// A switch that is accepted while it is off.
pub(in crate::config) struct NotBuilt {
    pub(in crate::config) name: &'static str,
    /// What to do instead.
    pub(in crate::config) advice: &'static str,
}

const fn retired(name: &'static str, why: &'static str) -> Retired {
    Retired { name, why }
}

const fn not_built(name: &'static str, advice: &'static str) -> NotBuilt {
    NotBuilt { name, advice }
}

pub(in crate::config) static RETIRED: [Retired; 16] = [
    retired(
        "broker_port",
        "there is no broker in the provisioner, run one of its own",
    ),
    retired(
        "broker_choria_password",
        "it was a password of the broker in the provisioner, which there is not: set the password of the nodes in the broker's configuration",
    ),
    retired(
        "rego_policy",
        "the reference never reads it either: identities, facts and cert_allow_list say who is provisioned",
    ),
    retired(
        "leader_election_name",
        "there is no leader election: the locks of the nodes keep several provisioners apart",
    ),
    retired("server_jwt_validity", WITHOUT_JWT),
    retired("jwt_verify_cert", WITHOUT_JWT),
    retired("jwt_signing_key", WITHOUT_JWT),
    retired("jwt_signing_token", WITHOUT_JWT),
    retired("upgrades_optional", WITHOUT_UPGRADES),
    retired("upgrades_repository", WITHOUT_UPGRADES),
    retired(
        "management.name",
        "there is no backplane: each provisioner is spoken to on its own machine, over control_socket",
    ),
    retired(
        "management.brokers",
        "there is no backplane: the commands muster-provisioner pause, resume and status reach the provisioner over control_socket",
    ),
    retired(
        "management.logfile",
        "there is no backplane: logfile is the one log",
    ),
    retired(
        "management.loglevel",
        "there is no backplane: loglevel is the one level",
    ),
    retired(
        "management.tls",
        "there is no backplane: control_socket does not leave the machine",
    ),
    retired(
        "management.auth",
        "there is no backplane: the permissions of control_socket decide who may pause, resume and see the status",
    ),
];

pub(in crate::config) static NOT_BUILT: [NotBuilt; 5] = [
    not_built(
        "features.jwt",
        "this version does not verify provisioning tokens in JWTs: set it to false and let token, identities and cert_allow_list decide who is provisioned, or keep the reference's provisioner for this network",
    ),
    not_built(
        "features.ed25519",
        "this version does not issue JWTs for servers: set it to false and use features.pki, or keep the reference's provisioner for this network",
    ),
    not_built(
        "features.upgrades",
        "this version does not upgrade nodes: set it to false and let packages do it",
    ),
    not_built(
        "features.broker",
        "there is no broker in the provisioner: set it to false and run a broker of its own",
    ),
    not_built(
        "leader_election",
        "there is no leader election: set it to false and run one provisioner, or several, since the locks of the nodes keep them apart",
    ),
];

const WITHOUT_JWT: &str = "this version issues and verifies no JWTs";

const WITHOUT_UPGRADES: &str = "this version upgrades no nodes";
