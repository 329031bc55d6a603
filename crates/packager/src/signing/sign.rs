//! Signatures of a [`Key`].
//!
//! They are of version 4 with the subpackets that verifiers need and no others: the date and the fingerprint, hashed, and
//! the key id beside them for rpm of EL7. RSA (PKCS#1) and Ed25519 sign the same bytes the same way, so that a signed
//! package is reproducible.

use std::io::Read;

use pgp::armor::Dearmor;
use pgp::composed::ArmorOptions;
use pgp::composed::CleartextSignedMessage;
use pgp::composed::DetachedSignature;
use pgp::packet::Signature;
use pgp::packet::SignatureConfig;
use pgp::packet::SignatureType;
use pgp::packet::Subpacket;
use pgp::packet::SubpacketData;
use pgp::ser::Serialize;
use pgp::types::Password;
use pgp::types::Timestamp;

use super::Sign;
use super::SignError;
use super::key::Key;
use super::part::Part;

impl Sign for Key {
    fn created(&self) -> u64 {
        self.created
    }

    fn detached(&self, bytes: &[u8], source_date: u64) -> Result<String, SignError> {
        let signature = DetachedSignature::new(self.binary(bytes, source_date)?);
        signature
            .to_armored_string(ArmorOptions::default())
            .map_err(|err| refused(&err))
    }

    fn packet(&self, bytes: &[u8], source_date: u64) -> Result<Vec<u8>, SignError> {
        let signature = DetachedSignature::new(self.binary(bytes, source_date)?);
        signature.to_bytes().map_err(|err| refused(&err))
    }

    fn clear(&self, text: &str, source_date: u64) -> Result<String, SignError> {
        // white space at the ends of lines is not signed, and the last line break belongs to the frame
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let text = lines.join("\n");
        let config = self.config(SignatureType::Text, source_date)?;
        let nothing = Password::empty();
        let message = match &self.part {
            Part::Primary(key) => CleartextSignedMessage::new(&text, config, key, &nothing),
            Part::Subkey(key) => CleartextSignedMessage::new(&text, config, key, &nothing),
        };
        message
            .and_then(|message| message.to_armored_string(ArmorOptions::default()))
            .map_err(|err| refused(&err))
    }

    fn public(&self) -> Result<String, SignError> {
        self.armoured_public()
    }
}

impl Key {
    fn binary(&self, bytes: &[u8], source_date: u64) -> Result<Signature, SignError> {
        let config = self.config(SignatureType::Binary, source_date)?;
        let nothing = Password::empty();
        let signature = match &self.part {
            Part::Primary(key) => config.sign(key, &nothing, bytes),
            Part::Subkey(key) => config.sign(key, &nothing, bytes),
        };
        signature.map_err(|err| refused(&err))
    }

    fn config(&self, kind: SignatureType, source_date: u64) -> Result<SignatureConfig, SignError> {
        self.valid_at(source_date).map_err(|err| SignError {
            reason: format!("the key {err}"),
        })?;
        let date = source_date.max(self.created);
        let date = u32::try_from(date).map_err(|_| SignError {
            reason: format!("the date {date} is later than OpenPGP can say"),
        })?;
        let details = self.part.details();
        let mut config = SignatureConfig::v4(kind, details.algorithm(), self.hash());
        config.hashed_subpackets = vec![
            subpacket(SubpacketData::SignatureCreationTime(Timestamp::from_secs(
                date,
            )))?,
            subpacket(SubpacketData::IssuerFingerprint(details.fingerprint()))?,
        ];
        config.unhashed_subpackets = vec![subpacket(SubpacketData::IssuerKeyId(
            details.legacy_key_id(),
        ))?];
        Ok(config)
    }
}

/// What is inside the armour of a signature.
pub(super) fn dearmoured(armoured: &str) -> Result<Vec<u8>, SignError> {
    let mut bytes = Vec::new();
    Dearmor::new(armoured.as_bytes())
        .read_to_end(&mut bytes)
        .map_err(|err| SignError {
            reason: err.to_string(),
        })?;
    Ok(bytes)
}

fn subpacket(content: SubpacketData) -> Result<Subpacket, SignError> {
    Subpacket::regular(content).map_err(|err| refused(&err))
}

fn refused(err: &pgp::errors::Error) -> SignError {
    SignError {
        reason: err.to_string(),
    }
}
