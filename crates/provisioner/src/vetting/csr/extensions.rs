//! What a request asks for beside a name.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use x509_parser::certification_request::X509CertificationRequestInfo;
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::cri_attributes::X509CriAttribute;
use x509_parser::der_parser::asn1_rs::Header;
use x509_parser::extensions::GeneralName;
use x509_parser::extensions::ParsedExtension;
use x509_parser::extensions::X509Extension;
use x509_parser::prelude::FromDer as _;

use super::CsrRefusal;

/// The alternative names that a request asks for, in their written form. Refuses what no node may ask for.
pub(super) fn names(info: &X509CertificationRequestInfo<'_>) -> Result<Vec<String>, CsrRefusal> {
    let mut lists = info.iter_attributes().filter_map(extensions);
    let Some(list) = lists.next() else {
        return Ok(Vec::new());
    };
    if lists.next().is_some() {
        return Err(CsrRefusal::HiddenExtensions);
    }
    let list = list?;
    let mut names = Vec::new();
    for (position, extension) in list.iter().enumerate() {
        let mut earlier = list.iter().take(position);
        if earlier.any(|other| other.oid == extension.oid) {
            return Err(CsrRefusal::DuplicateExtension {
                oid: extension.oid.to_string(),
            });
        }
        names.extend(judge(extension)?);
    }
    Ok(names)
}

/// The list of extensions in an attribute; nothing for an attribute that holds none.
fn extensions<'a>(
    attribute: &'a X509CriAttribute<'_>,
) -> Option<Result<&'a [X509Extension<'a>], CsrRefusal>> {
    match attribute.parsed_attribute() {
        ParsedCriAttribute::ExtensionRequest(_) if !holds_one_value(attribute.value) => {
            Some(Err(CsrRefusal::HiddenExtensions))
        }
        ParsedCriAttribute::ExtensionRequest(list) => Some(Ok(&list.extensions)),
        ParsedCriAttribute::UnsupportedAttribute
            if attribute.oid.to_string() == MICROSOFT_EXTENSIONS =>
        {
            Some(Err(CsrRefusal::HiddenExtensions))
        }
        ParsedCriAttribute::ChallengePassword(_) | ParsedCriAttribute::UnsupportedAttribute => None,
    }
}

/// The library reads the first value of the set and ends there; a second one would be seen by others.
fn holds_one_value(set: &[u8]) -> bool {
    Header::from_der(set)
        .is_ok_and(|(rest, header)| header.length().definite().ok() == Some(rest.len()))
}

fn judge(extension: &X509Extension<'_>) -> Result<Vec<String>, CsrRefusal> {
    let power = match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(list) => {
            return list.general_names.iter().map(written).collect();
        }
        ParsedExtension::BasicConstraints(constraints) if constraints.ca => "a CA certificate",
        ParsedExtension::KeyUsage(usage) if usage.key_cert_sign() => {
            "the right to sign certificates"
        }
        ParsedExtension::KeyUsage(usage) if usage.crl_sign() => {
            "the right to sign revocation lists"
        }
        ParsedExtension::ExtendedKeyUsage(usage) if usage.ocsp_signing => {
            "the right to answer for revocations"
        }
        ParsedExtension::ParseError { .. } => {
            return Err(CsrRefusal::Extension {
                oid: extension.oid.to_string(),
            });
        }
        // whoever signs decides about the others; the built-in authority copies none
        _ => return Ok(Vec::new()),
    };
    Err(CsrRefusal::Power { power })
}

fn written(name: &GeneralName<'_>) -> Result<String, CsrRefusal> {
    let kind = match name {
        // a colon would make it look like a name of another kind
        GeneralName::DNSName(name) if name.contains(':') => return Err(CsrRefusal::UnreadableName),
        GeneralName::DNSName(name) => return Ok((*name).to_owned()),
        GeneralName::RFC822Name(name) => return Ok(format!("email:{name}")),
        GeneralName::URI(name) => return Ok(format!("uri:{name}")),
        GeneralName::IPAddress(bytes) => {
            return address(bytes)
                .map(|address| format!("ip:{address}"))
                .ok_or(CsrRefusal::UnreadableName);
        }
        GeneralName::Invalid(..) => return Err(CsrRefusal::UnreadableName),
        GeneralName::OtherName(..) => "otherName",
        GeneralName::X400Address(_) => "x400Address",
        GeneralName::DirectoryName(_) => "directoryName",
        GeneralName::EDIPartyName(_) => "ediPartyName",
        GeneralName::RegisteredID(_) => "registeredID",
    };
    Err(CsrRefusal::UnsupportedName { kind })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::V4(Ipv4Addr::from(octets)));
    }
    let octets = <[u8; 16]>::try_from(bytes).ok()?;
    Some(IpAddr::V6(Ipv6Addr::from(octets)))
}

/// Where Windows puts the extensions that it asks for.
const MICROSOFT_EXTENSIONS: &str = "1.3.6.1.4.1.311.2.1.14";
