//! `ca`: the built-in certificate authority, made and looked after.

use std::io;
use std::io::Write;

use clap::Args;
use muster::os::clock::Clock as _;
use muster::os::clock::SystemClock;
use muster::report::Exit;

use crate::authority::AuthorityError;
use crate::authority::upkeep;
use crate::authority::upkeep::Blueprint;
use crate::authority::upkeep::End;
use crate::authority::upkeep::KeyKind;
use crate::authority::upkeep::Listed;
use crate::authority::upkeep::date;

mod args;

use args::Action;
use args::CrlArgs;
use args::InitArgs;
use args::KeyType;
use args::ListArgs;
use args::NewArgs;
use args::RevokeArgs;
use args::RotateArgs;

/// Makes and looks after the built-in certificate authority.
#[derive(Debug, Args)]
pub struct CaArgs {
    #[command(subcommand)]
    action: Action,
}

/// Why `ca` could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaError {
    /// The authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The certificate is revoked, and the list does not say so yet.
    #[error("the certificate is revoked, but the revocation list could not be written")]
    RevokedWithoutList(#[source] AuthorityError),
    /// Printing failed.
    #[error("cannot print")]
    Print(#[from] io::Error),
}

impl CaError {
    /// The exit code that says so.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Print(_) => Exit::Io,
            Self::Authority(err) | Self::RevokedWithoutList(err) => match err {
                AuthorityError::Missing { .. } | AuthorityError::Read { .. } => Exit::NoInput,
                AuthorityError::OpenKey { .. }
                | AuthorityError::Key { .. }
                | AuthorityError::NotCertificates { .. }
                | AuthorityError::ForeignKey { .. }
                | AuthorityError::NotAnAuthority { .. }
                | AuthorityError::Ledger(_)
                | AuthorityError::Template(_)
                | AuthorityError::NotNow { .. }
                | AuthorityError::Intermediate { .. } => Exit::Data,
                AuthorityError::Lock(_) => Exit::TempFail,
                AuthorityError::Thread(_) => Exit::OsError,
                AuthorityError::Sign(_) => Exit::Software,
                AuthorityError::Write(_)
                | AuthorityError::Directory { .. }
                | AuthorityError::Exists { .. }
                | AuthorityError::Remove { .. } => Exit::CannotCreate,
                AuthorityError::Rotating
                | AuthorityError::NotRotating
                | AuthorityError::StillUsed { .. }
                | AuthorityError::UnknownSerial { .. }
                | AuthorityError::AlreadyRevoked { .. } => Exit::Negative,
            },
        }
    }
}

/// Does what the arguments say.
///
/// # Errors
///
/// [`CaError`]; nothing was changed then, unless it says so.
pub fn run(args: &CaArgs, out: &mut dyn Write) -> Result<(), CaError> {
    let now = SystemClock.now();
    match &args.action {
        Action::Init(args) => init(args, now, out),
        Action::List(args) => list(args, now, out),
        Action::Revoke(args) => revoke(args, now, out),
        Action::Crl(args) => crl(args, out),
        Action::Rotate(args) if args.finish => finish(args, now, out),
        Action::Rotate(args) => rotate(args, now, out),
    }
}

fn init(args: &InitArgs, now: i64, out: &mut dyn Write) -> Result<(), CaError> {
    let blueprint = blueprint(&args.common_name, &args.new);
    let until = upkeep::create(&args.directory, &blueprint, now)?;
    writeln!(
        out,
        "made the authority {:?} in {}, valid until {}",
        args.common_name,
        args.directory.display(),
        date(until)
    )?;
    writeln!(
        out,
        "give {} to the brokers that its nodes will connect to",
        args.directory.join("ca.pem").display()
    )?;
    Ok(())
}

fn revoke(args: &RevokeArgs, now: i64, out: &mut dyn Write) -> Result<(), CaError> {
    let revoked = upkeep::revoke(&args.directory, &args.serial, now)?;
    writeln!(out, "revoked {} of {}", revoked.serial, revoked.identity)?;
    upkeep::write_revocations(&args.directory, args.crl.validity, SystemClock.micros())
        .map_err(CaError::RevokedWithoutList)?;
    Ok(())
}

fn crl(args: &CrlArgs, out: &mut dyn Write) -> Result<(), CaError> {
    let micros = SystemClock.micros();
    let revoked = upkeep::write_revocations(&args.directory, args.crl.validity, micros)?;
    writeln!(
        out,
        "wrote {} with {revoked} revoked certificates",
        args.directory.join("crl.pem").display()
    )?;
    Ok(())
}

fn rotate(args: &RotateArgs, now: i64, out: &mut dyn Write) -> Result<(), CaError> {
    let until = upkeep::rotate(&args.directory, &blueprint("", &args.new), now)?;
    writeln!(
        out,
        "made a new certificate of the authority, valid until {}; nodes get both from now on",
        date(until)
    )?;
    writeln!(
        out,
        "give {} to the brokers now, before the next node is provisioned",
        args.directory.join("ca.pem").display()
    )?;
    Ok(())
}

fn finish(args: &RotateArgs, now: i64, out: &mut dyn Write) -> Result<(), CaError> {
    let end = if args.force {
        End::Now
    } else {
        End::WhenUnused
    };
    upkeep::finish_rotation(&args.directory, end, now)?;
    writeln!(
        out,
        "ended the rotation: nodes get the new certificate of the authority only"
    )?;
    Ok(())
}

fn blueprint(common_name: &str, new: &NewArgs) -> Blueprint {
    Blueprint {
        common_name: common_name.to_owned(),
        validity: new.validity,
        key: match new.key_type {
            KeyType::P256 => KeyKind::P256,
            KeyType::Rsa3072 => KeyKind::Rsa3072,
        },
    }
}

fn list(args: &ListArgs, now: i64, out: &mut dyn Write) -> Result<(), CaError> {
    let all = upkeep::list(&args.directory)?;
    let wanted = args.identity.as_deref();
    let shown = all
        .iter()
        .filter(|one| wanted.is_none_or(|identity| one.issued.identity == identity));
    if args.json {
        for one in shown {
            writeln!(out, "{}", json(one))?;
        }
        return Ok(());
    }
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_header(["SERIAL", "IDENTITY", "ISSUED", "VALID UNTIL", "STANDING"]);
    for one in shown {
        let issued = &one.issued;
        table.add_row([
            issued.serial.clone(),
            issued.identity.clone(),
            date(issued.issued_at),
            date(issued.not_after),
            standing(one, now),
        ]);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    Ok(())
}

fn standing(one: &Listed, now: i64) -> String {
    match one.revoked_at {
        Some(at) => format!("revoked {}", date(at)),
        None if one.issued.not_after <= now => "over".to_owned(),
        None => "valid".to_owned(),
    }
}

fn json(one: &Listed) -> serde_json::Value {
    let issued = &one.issued;
    serde_json::json!({
        "serial": issued.serial,
        "identity": issued.identity,
        "names": issued.names,
        "session": issued.session,
        "key_digest": issued.key_digest,
        "not_before": issued.not_before,
        "not_after": issued.not_after,
        "issued_at": issued.issued_at,
        "authority": issued.authority,
        "sha256": issued.sha256,
        "revoked_at": one.revoked_at,
    })
}

#[cfg(test)]
mod tests;
