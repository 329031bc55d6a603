//! Holds the flags of a build against each other.

use crate::caution::Caution;
use crate::collect::Context;
use crate::collect::Merged;
use crate::fault::Fault;
use crate::findings::Findings;
use crate::flag::Flag;
use crate::flags::Flags;
use crate::flags::Provisioning;
use crate::problem::Place;

/// Reports what does not go together and what weakens a node.
pub(crate) fn check(flags: &Flags, merged: &Merged, context: &Context<'_>, found: &mut Findings) {
    let at = |flag: Flag| merged.get(&flag).map_or(context.place, |(place, _)| place);
    check_destination(&flags.provisioning, merged, &at, found);
    check_login(&flags.provisioning, &at, found);
    for (_, flag, caution) in cautions(flags).into_iter().filter(|(applies, ..)| *applies) {
        found.warn(at(flag), caution);
    }
}

fn check_destination<'a>(
    flags: &Provisioning,
    merged: &Merged,
    at: &impl Fn(Flag) -> &'a Place,
    found: &mut Findings,
) {
    let has_broker = !flags.brokers.is_empty();
    let has_domain = flags.srv_domain.is_some();
    if has_broker && has_domain {
        let other = Flag::BrokerUrls.name();
        found.fault(at(Flag::SrvDomain), Fault::Conflict { other });
    }
    // a place that was given but not understood has its own error
    let misread = [Flag::BrokerUrls, Flag::SrvDomain, Flag::JwtFile]
        .iter()
        .any(|flag| {
            merged
                .get(flag)
                .is_some_and(|(place, _)| found.has_fault_at(place))
        });
    let nowhere = !has_broker && !has_domain && flags.jwt_file.is_none();
    if flags.mode_default && nowhere && !misread {
        found.fault(at(Flag::ModeDefault), Fault::NowhereToProvision);
    }
}

fn check_login<'a>(flags: &Provisioning, at: &impl Fn(Flag) -> &'a Place, found: &mut Findings) {
    let (user, password) = (Flag::Username, Flag::Password);
    match (&flags.user, &flags.password) {
        (None, None) => {}
        (None, Some(_)) => found.fault(at(password), Fault::Needs { other: user.name() }),
        (Some(_), None) => found.fault(
            at(user),
            Fault::Needs {
                other: password.name(),
            },
        ),
        (Some(_), Some(_)) => found.warn(at(password), Caution::PasswordBaked),
    }
}

/// Every warning about the flags as a whole: whether it applies, to which flag, and what it says.
fn cautions(flags: &Flags) -> [(bool, Flag, Caution); 7] {
    let provisioning = &flags.provisioning;
    let somewhere = !provisioning.brokers.is_empty() || provisioning.srv_domain.is_some();
    let open = provisioning.agent && somewhere && provisioning.tokens.is_empty();
    let plain = !provisioning.secure && provisioning.ca.is_none();
    [
        (open, Flag::Token, Caution::AnyoneMayAct),
        (plain, Flag::ProvisionSecure, Caution::PlainText),
        (!flags.tls, Flag::Tls, Caution::TlsOff),
        (!flags.secure, Flag::Secure, Caution::Unsigned),
        (
            provisioning.allow_update,
            Flag::AllowUpdate,
            Caution::NotBuilt,
        ),
        (
            provisioning.protocol_v2,
            Flag::ProtocolV2,
            Caution::NotBuilt,
        ),
        (
            provisioning.jwt_file.is_some(),
            Flag::JwtFile,
            Caution::NotBuilt,
        ),
    ]
}
