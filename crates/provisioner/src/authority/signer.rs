//! The authority's certificate and key, and what is signed with them. Pure, but for the generator that signatures need.

use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::digest;
use rcgen::CertificateParams;
use rcgen::DistinguishedName;
use rcgen::DnType;
use rcgen::DnValue;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rcgen::PublicKeyData;
use rcgen::SanType;
use rcgen::SerialNumber;
use rcgen::SubjectPublicKeyInfo;
use rcgen::string::Ia5String;
use rcgen::string::PrintableString;
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::directory::Directory;
use super::error::AuthorityError;

/// What signs.
#[derive(Debug)]
pub(super) struct Signer {
    issuer: Issuer<'static, KeyPair>,
    /// Names the key: [`key_id`].
    pub(super) id: String,
    not_before: i64,
    not_after: i64,
    /// Whether nobody else vouches for it.
    pub(super) self_signed: bool,
    /// Certificates of `ca.pem`.
    pub(super) bundle: Vec<Known>,
    /// Intermediates, PEM.
    pub(super) chain: String,
}

/// A certificate of an authority.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Names its key.
    pub(super) id: String,
    /// The certificate, PEM.
    pub(super) pem: String,
    /// End of its validity, seconds since 1970.
    pub(super) not_after: i64,
    der: Vec<u8>,
}

/// What is to be certified.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    /// The names, the common name first; as in [`crate::vetting::names`].
    pub(super) names: Vec<String>,
    /// The key: DER of the `SubjectPublicKeyInfo`.
    pub(super) spki: Vec<u8>,
    /// How long the certificate is to be good.
    pub(super) validity: Duration,
}

/// A certificate that was just made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    /// The certificate, DER.
    pub(super) der: Vec<u8>,
    pub(super) not_before: i64,
    pub(super) not_after: i64,
}

impl Signer {
    /// Reads the authority that is active.
    pub(super) fn read(directory: &Directory) -> Result<Self, AuthorityError> {
        Self::of_key(directory, directory.key())
    }

    /// Reads the authority with the key in this file.
    pub(super) fn of_key(
        directory: &Directory,
        key_file: std::path::PathBuf,
    ) -> Result<Self, AuthorityError> {
        let certificates = directory.certificates();
        let bundle = known(&certificates, &Directory::text(certificates.clone())?)?;
        if bundle.is_empty() {
            return Err(AuthorityError::NotCertificates { path: certificates });
        }
        let chain = match Directory::optional_text(directory.chain())? {
            Some(text) => known(&directory.chain(), &text)?,
            None => Vec::new(),
        };
        let pem = Directory::private_text(key_file.clone())?;
        let key = KeyPair::from_pem(pem.expose()).map_err(|err| AuthorityError::Key {
            path: key_file.clone(),
            err,
        })?;
        let id = key_id(&key.subject_public_key_info());
        let own = bundle.iter().chain(&chain).find(|known| known.id == id);
        let Some(own) = own.cloned() else {
            return Err(AuthorityError::ForeignKey {
                key: key_file,
                certificates,
            });
        };
        let (not_before, self_signed) =
            judge(&own.der).ok_or(AuthorityError::NotAnAuthority { path: certificates })?;
        let issuer = Issuer::from_ca_cert_der(&CertificateDer::from(own.der.as_slice()), key)
            .map_err(AuthorityError::Sign)?;
        Ok(Self {
            issuer,
            id,
            not_before,
            not_after: own.not_after,
            self_signed,
            bundle,
            chain: chain.iter().map(|known| known.pem.as_str()).collect(),
        })
    }

    /// The issuer itself, for revocation lists.
    pub(super) const fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    /// Whether it is valid now and for a little while.
    pub(super) const fn is_valid(&self, now: i64) -> bool {
        now >= self.not_before.saturating_sub(BACK) && now.saturating_add(60) < self.not_after
    }

    /// Whether nodes that are provisioned now can verify certificates of this authority.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.id == id || self.bundle.iter().any(|known| known.id == id)
    }

    /// What nodes get as their authorities: those that are over are left out.
    pub(super) fn authorities(&self, now: i64) -> String {
        let good = self.bundle.iter().filter(|known| known.not_after > now);
        good.map(|known| known.pem.as_str()).collect()
    }

    /// Makes a certificate.
    pub(super) fn sign(
        &self,
        wish: &Wish,
        serial: [u8; 16],
        now: i64,
    ) -> Result<Made, rcgen::Error> {
        let key = SubjectPublicKeyInfo::from_der(&wish.spki)?;
        let validity = i64::try_from(wish.validity.as_secs()).unwrap_or(i64::MAX);
        let not_before = now.saturating_sub(BACK).max(self.not_before);
        let not_after = now.saturating_add(validity).min(self.not_after);
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.not_before = moment(not_before)?;
        params.not_after = moment(not_after)?;
        params.distinguished_name = DistinguishedName::new();
        if let Some(name) = wish.names.first() {
            let name = directory_string(name);
            params.distinguished_name.push(DnType::CommonName, name);
        }
        let names = wish.names.iter().map(|name| alternative(name));
        params.subject_alt_names = names.collect::<Result<_, _>>()?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        if *key.algorithm() == rcgen::PKCS_RSA_SHA256 {
            params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
        }
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        params.use_authority_key_identifier_extension = true;
        let made = params.signed_by(&key, &self.issuer)?;
        Ok(Made {
            der: made.der().to_vec(),
            not_before,
            not_after,
        })
    }
}

/// Names a key in the ledger: the first sixteen digits of its SHA-256.
pub(super) fn key_id(spki: &[u8]) -> String {
    let digest = hex::encode(digest::digest(&digest::SHA256, spki));
    digest.chars().take(16).collect()
}

/// A common name, as a PrintableString where it fits.
pub(super) fn directory_string(text: &str) -> DnValue {
    PrintableString::try_from(text).map_or_else(
        |_| DnValue::Utf8String(text.to_owned()),
        DnValue::PrintableString,
    )
}

/// A time as rcgen wants it.
pub(super) fn moment(seconds: i64) -> Result<OffsetDateTime, rcgen::Error> {
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| rcgen::Error::Time)
}

/// The certificates in a file; nothing else may be in it, because the text goes to nodes.
pub(super) fn known(path: &std::path::Path, text: &str) -> Result<Vec<Known>, AuthorityError> {
    let wrong = || AuthorityError::NotCertificates {
        path: path.to_owned(),
    };
    let blocks = pem::parse_many(text).map_err(|_| wrong())?;
    let one = |block: pem::Pem| {
        if block.tag() != "CERTIFICATE" {
            return Err(wrong());
        }
        let der = block.into_contents();
        let Ok(([], certificate)) = X509Certificate::from_der(&der) else {
            return Err(wrong());
        };
        Ok(Known {
            id: key_id(certificate.public_key().raw),
            pem: muster::security::key::pem("CERTIFICATE", &der),
            not_after: certificate.validity().not_after.timestamp(),
            der,
        })
    };
    blocks.into_iter().map(one).collect()
}

/// Begin of the validity of an authority's certificate, and whether it signed itself; nothing when it may not sign.
fn judge(der: &[u8]) -> Option<(i64, bool)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let authority = certificate
        .basic_constraints()
        .ok()?
        .is_some_and(|constraints| constraints.value.ca);
    let signs = certificate
        .key_usage()
        .ok()?
        .is_none_or(|usage| usage.value.key_cert_sign());
    let self_signed = certificate.subject().as_raw() == certificate.issuer().as_raw();
    (authority && signs).then(|| {
        let begin = certificate.validity().not_before.timestamp();
        (begin, self_signed)
    })
}

fn alternative(name: &str) -> Result<SanType, rcgen::Error> {
    let ia5 = |text: &str| Ia5String::try_from(text);
    if let Some(address) = name.strip_prefix("ip:") {
        let address: IpAddr = address
            .parse()
            .map_err(|_| rcgen::Error::InvalidIpAddressOctetLength(address.len()))?;
        return Ok(SanType::IpAddress(address));
    }
    if let Some(email) = name.strip_prefix("email:") {
        return Ok(SanType::Rfc822Name(ia5(email)?));
    }
    if let Some(uri) = name.strip_prefix("uri:") {
        return Ok(SanType::URI(ia5(uri)?));
    }
    Ok(SanType::DnsName(ia5(name)?))
}

/// How far back a certificate begins, in seconds: clocks of nodes are wrong, most of all before they are provisioned.
const BACK: i64 = 600;
