//! From what the helper gave to what the node is sent: everything about it is judged before anything of it is sent.

use muster::protocol::names::Identity;
use muster::report::Chain;

use super::NO_KEY;
use super::Session;
use super::state::Dressing;
use super::state::Signing;
use super::state::State;
use super::state::fresh;
use super::state::spoiled;
use super::step::Step;
use crate::helper::Outfit;
use crate::journal::SessionId;
use crate::vetting;
use crate::vetting::certificate::VettedCertificate;

impl Session {
    /// Judges the outfit and begins to send it.
    pub(super) fn dress(
        &self,
        session: SessionId,
        signing: Option<&Signing>,
        outfit: Outfit,
        now: i64,
    ) -> (State, Step) {
        let becomes = match outfit.configuration.get("identity") {
            None => self.brief.identity.clone(),
            Some(name) => match Identity::new(name.as_str()) {
                Ok(name) => name,
                Err(err) => return spoiled(format!("the helper's identity is {err}")),
            },
        };
        if outfit.key.is_some() {
            return spoiled(NO_EXCHANGE.to_owned());
        }
        let certificate = match self.certified(signing, &outfit, &becomes, now) {
            Ok(certificate) => certificate,
            Err(error) => return spoiled(error),
        };
        let said = signing.map_or("", |signing| signing.reply.ssldir.as_str());
        let ssldir = if said.is_empty() {
            &outfit.ssldir
        } else {
            said
        };
        self.call(fresh(Box::new(Dressing {
            session,
            key: signing.map_or(NO_KEY, |signing| signing.vetted.key_digest),
            not_after: certificate.map(|certificate| certificate.not_after),
            becomes,
            ssldir: ssldir.to_owned(),
            outfit,
        })))
    }

    fn certified(
        &self,
        signing: Option<&Signing>,
        outfit: &Outfit,
        becomes: &Identity,
        now: i64,
    ) -> Result<Option<VettedCertificate>, String> {
        match (signing, outfit.certificate.is_empty()) {
            (_, true) if outfit.ca.is_empty() => Ok(None),
            (_, true) => Err("the helper gave a CA and no certificate".to_owned()),
            (None, false) => Err("the helper gave a certificate that nobody asked for".to_owned()),
            (Some(signing), false) => {
                let certificate = vetting::certificate::check(
                    &outfit.certificate,
                    &outfit.ca,
                    &signing.vetted,
                    becomes,
                    now,
                )
                .map_err(|err| Chain(&err).to_string())?;
                // a node that is renamed may keep a certificate under its old name (design §5)
                if !certificate.names_fit && *becomes == self.brief.identity {
                    let names = certificate.names.join(", ");
                    return Err(format!("the certificate is for {names}, not for {becomes}"));
                }
                Ok(Some(certificate))
            }
        }
    }
}

const NO_EXCHANGE: &str =
    "private key received from helper but server did not start Diffie-Hellman exchange";
