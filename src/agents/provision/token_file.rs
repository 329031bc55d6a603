//! The input `server_jwt` of `configure`: a token for the seed that this node made.
//!
//! The signature is not checked, because the node knows no issuer yet; that the token is a server token for this node's
//! seed is what can be known, and what a mistaken provisioner gets wrong.

use std::path::Path;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::Site;
use super::inputs::Configure;
use super::keys::KeysError;
use crate::secret::Secret;
use crate::security::ed25519::Seed;

/// A server token and the seed it was made for.
#[derive(Debug)]
pub(super) struct ServerToken {
    /// The token as it was given.
    pub(super) jwt: Secret<String>,
    /// The staged seed as it will stand in its file, unless the token is for the one that is there already.
    pub(super) seed: Option<Secret<String>>,
}

/// Why a token was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenRefusal {
    /// Not three base64url parts with JSON in the second.
    #[error("it is not a JSON web token")]
    NotJwt,
    /// Its purpose is another.
    #[error("it is not a server token")]
    NotServer,
    /// It was made for another seed.
    #[error("it was not made for the key of this node")]
    ForeignKey,
    /// The node's own seed is not there.
    #[error("the node has no seed")]
    Keys(#[source] KeysError),
}

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    public_key: String,
}

/// Judges the token; none given is fine.
///
/// # Errors
///
/// [`TokenRefusal`] with the first reason to refuse it.
pub(super) fn judge(site: &Site, inputs: &Configure) -> Result<Option<ServerToken>, TokenRefusal> {
    let jwt = inputs.server_jwt.expose();
    if jwt.is_empty() {
        return Ok(None);
    }
    let claims = claims(jwt.trim()).ok_or(TokenRefusal::NotJwt)?;
    if claims.purpose != "choria_server" {
        return Err(TokenRefusal::NotServer);
    }
    let made_for = |seed: &Seed| claims.public_key.eq_ignore_ascii_case(&seed.public_hex());
    let staged = site.keys.staged_seed().map_err(TokenRefusal::Keys)?;
    let seed = match staged.filter(|seed| made_for(seed)) {
        Some(seed) => Some(seed.to_hex()),
        // a `configure` that is repeated because its reply was lost
        None if live_seed(site).is_some_and(|seed| made_for(&seed)) => None,
        None => return Err(TokenRefusal::ForeignKey),
    };
    Ok(Some(ServerToken {
        jwt: inputs.server_jwt.clone(),
        seed,
    }))
}

/// Where the seed of the token in use is.
pub(super) fn seed_path(config_dir: &Path) -> PathBuf {
    config_dir.join("server.seed")
}

fn live_seed(site: &Site) -> Option<Seed> {
    let path = seed_path(&site.config_dir());
    let bytes = site.files.read(&path, LARGEST_SEED).ok()?;
    Seed::from_hex(std::str::from_utf8(bytes.expose()).ok()?).ok()
}

/// The claims of three base64url parts, the first two of them JSON.
fn claims(jwt: &str) -> Option<Claims> {
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let mut parts = jwt.split('.');
    let (header, payload) = (decode(parts.next()?)?, decode(parts.next()?)?);
    decode(parts.next()?)?;
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&header).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// Larger than any file of a seed, in bytes.
const LARGEST_SEED: u64 = 1024;
