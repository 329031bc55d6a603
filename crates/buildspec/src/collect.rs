//! From the flags as they stand in the file to [`Flags`].
//!
//! Each flag is read by its type; afterwards [`check`] holds them against each other.

use std::collections::BTreeMap;

use crate::caution::Caution;
use crate::check::check;
use crate::fault::Fault;
use crate::findings::Findings;
use crate::flag::Flag;
use crate::flags::Flags;
use crate::flags::Password;
use crate::problem::Place;
use crate::spec::ReadFile;
use crate::tokens::Tokens;
use crate::value;
use crate::yaml::Node;

/// The flags as they stand in the file, defaults and target merged, by the place each was found at.
pub(crate) type Merged = BTreeMap<Flag, (Place, Node)>;

/// What reading flags needs to know besides them.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) build: &'a str,
    pub(crate) target: &'a str,
    /// Where the flags block begins, for what is missing from it.
    pub(crate) place: &'a Place,
    pub(crate) windows: bool,
    pub(crate) read: &'a ReadFile<'a>,
}

impl Flags {
    pub(crate) fn from_merged(
        merged: &Merged,
        context: &Context<'_>,
        found: &mut Findings,
    ) -> Self {
        let mut collected = Collected::default();
        for (flag, (place, node)) in merged {
            collected.take(*flag, place, node, context, found);
        }
        let Collected { mut flags, tokens } = collected;
        flags.provisioning.tokens = tokens.into_verifiers(context, found);
        flags.complete_subjects();
        check(&flags, merged, context, found);
        flags
    }

    /// Peers of the plain-text builds listen to an older subject (design D10).
    fn complete_subjects(&mut self) {
        let provisioning = &mut self.provisioning;
        if !provisioning.registration_subjects.is_empty() {
            return;
        }
        provisioning
            .registration_subjects
            .push("provisioning.registration.data".to_owned());
        if !provisioning.secure {
            provisioning
                .registration_subjects
                .push("choria.provisioning_data".to_owned());
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Collected {
    flags: Flags,
    tokens: Tokens,
}

impl Collected {
    /// Flags come in the order of [`Flag`], which is the order that tokens and their salts have.
    fn take(
        &mut self,
        flag: Flag,
        place: &Place,
        node: &Node,
        context: &Context<'_>,
        found: &mut Findings,
    ) {
        let Context { windows, .. } = *context;
        let Flags { provisioning, .. } = &mut self.flags;
        match flag {
            Flag::Version => found.warn(
                place,
                Caution::FromEnvironment {
                    variable: "VERSION",
                },
            ),
            Flag::Sha => found.warn(place, Caution::FromEnvironment { variable: "SHA1" }),
            Flag::BuildTime => {
                let variable = "SOURCE_DATE_EPOCH";
                found.warn(place, Caution::FromEnvironment { variable });
            }
            Flag::MaxBrokerClients => without_effect(place, node, found),
            Flag::Tls => set_switch(&mut self.flags.tls, place, node, found),
            Flag::Secure => set_switch(&mut self.flags.secure, place, node, found),
            Flag::DefaultCollectives => self.take_collectives(place, node, found),
            Flag::ClientIdentitySuffix => self.take_suffix(place, node, found),
            Flag::BrokerUrls => provisioning.brokers = value::brokers(place, node, found),
            Flag::SrvDomain => provisioning.srv_domain = value::domain(place, node, found),
            Flag::ModeDefault => set_switch(&mut provisioning.mode_default, place, node, found),
            Flag::Agent => set_switch(&mut provisioning.agent, place, node, found),
            Flag::ProvisionSecure => set_switch(&mut provisioning.secure, place, node, found),
            Flag::Ca => provisioning.ca = certificates(place, node, context, found),
            Flag::Token => self.tokens.take_one(place, node, found),
            Flag::Tokens => self.tokens.take_list(place, node, found),
            Flag::TokenFile => self.tokens.take_file(place, node, context, found),
            Flag::TokenHash => self.tokens.take_hashes(place, node, found),
            Flag::RegistrationData => {
                provisioning.registration_data = value::path(place, node, windows, found);
            }
            Flag::RegistrationSubjects => {
                provisioning.registration_subjects = value::subjects(place, node, found);
            }
            Flag::Facts => provisioning.facts = value::path(place, node, windows, found),
            Flag::JwtFile => provisioning.jwt_file = value::path(place, node, windows, found),
            Flag::StatusFile => provisioning.status_file = value::path(place, node, windows, found),
            Flag::Username => provisioning.user = value::plain(place, node, found),
            Flag::Password => {
                provisioning.password = value::plain(place, node, found).map(Password);
            }
            Flag::ProtocolV2 => set_switch(&mut provisioning.protocol_v2, place, node, found),
            Flag::AllowUpdate => set_switch(&mut provisioning.allow_update, place, node, found),
        }
    }

    fn take_collectives(&mut self, place: &Place, node: &Node, found: &mut Findings) {
        let names = value::collectives(place, node, found);
        if !names.is_empty() {
            self.flags.default_collectives = names;
        }
    }

    fn take_suffix(&mut self, place: &Place, node: &Node, found: &mut Findings) {
        if let Some(suffix) = value::suffix(place, node, found) {
            self.flags.client_identity_suffix = suffix;
        }
    }
}

/// `maxBrokerClients`: a number, for a broker that a node does not have.
fn without_effect(place: &Place, node: &Node, found: &mut Findings) {
    let Some(text) = found.text(place, node) else {
        return;
    };
    if text.parse::<u64>().is_ok() {
        found.warn(place, Caution::NoEffect);
    } else {
        found.fault(
            place,
            Fault::NotInteger {
                found: text.to_owned(),
            },
        );
    }
}

fn set_switch(switch: &mut bool, place: &Place, node: &Node, found: &mut Findings) {
    if let Some(value) = value::boolean(place, node, found) {
        *switch = value;
    }
}

fn certificates(
    place: &Place,
    node: &Node,
    context: &Context<'_>,
    found: &mut Findings,
) -> Option<String> {
    let path = value::plain(place, node, found)?;
    let fault = match (context.read)(&path) {
        Ok(text) => match crate::pem::certificates(&text) {
            Ok(certificates) => return Some(certificates),
            Err(reason) => Fault::BadPem { path, reason },
        },
        Err(err) => Fault::Unreadable {
            path,
            text: err.to_string(),
        },
    };
    found.fault(place, fault);
    None
}
