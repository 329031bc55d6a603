//! The thread that issues: it signs, writes the ledger and answers.
//!
//! Everything that is asked for while the disk is busy is served together afterwards: one lock, one write, one fsync for
//! all of it. Under the lock the files are looked at first, so that what `ca rotate` and `ca revoke` did meanwhile, or
//! another provisioner beside this one, counts from the next certificate on.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::time::Duration;

use muster::os::lock::Lock;
use muster::os::random;
use muster::os::source_file::Stamp;
use muster::report::Chain;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::directory::Directory;
use super::error::AuthorityError;
use super::ledger::Entry;
use super::ledger::Holder;
use super::ledger::Issued;
use super::ledger::Ledger;
use super::ledger::fingerprint;
use super::signer::Signer;
use super::signer::Wish;
use crate::helper::Blame;
use crate::helper::HelperError;

/// What can be asked for.
#[derive(Debug)]
pub(super) enum Request {
    /// A certificate.
    Issue(Box<Order>, oneshot::Sender<Result<Delivery, HelperError>>),
    /// Who holds the certificate of an identity.
    Holder(String, oneshot::Sender<Result<Option<Holder>, HelperError>>),
}

/// A certificate that is asked for.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) session: String,
    pub(super) identity: String,
    pub(super) key_digest: [u8; 32],
    pub(super) names: Vec<String>,
    pub(super) spki: Vec<u8>,
    pub(super) claim: Claim,
    pub(super) now: i64,
}

/// Whether a name that somebody else's certificate carries may be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// Whoever decides about that has decided.
    Granted,
    /// Only while nobody holds a certificate for it with another key.
    Unheld,
}

/// What comes of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Delivery {
    /// A certificate with its intermediates, and the authorities, PEM.
    Issued { certificate: String, ca: String },
    /// Somebody else holds the name until then.
    Held { until: i64 },
}

/// What the thread works with.
#[derive(Debug)]
pub(super) struct Scribe {
    directory: Directory,
    validity: Duration,
    open: Option<Open>,
}

/// The files, as they were when they were last looked at.
#[derive(Debug)]
struct Open {
    stamps: [Option<Stamp>; 3],
    signer: Signer,
    ledger: Ledger,
    validity: Duration,
    /// For messages.
    certificates: PathBuf,
}

/// One order of a batch on its way.
struct Pending {
    entry: Entry,
    delivery: Delivery,
    answers: Vec<oneshot::Sender<Result<Delivery, HelperError>>>,
}

impl Scribe {
    /// Opens the files.
    pub(super) fn open(directory: Directory, validity: Duration) -> Result<Self, AuthorityError> {
        let mut scribe = Self {
            directory,
            validity,
            open: None,
        };
        let _lock = scribe.directory.lock()?;
        scribe.look()?;
        Ok(scribe)
    }

    /// Puts a ledger with a store of the test's into place.
    #[cfg(test)]
    pub(super) fn replace_ledger(&mut self, ledger: Ledger) {
        self.open.as_mut().unwrap().ledger = ledger;
    }

    /// Serves until nobody is left who could ask.
    pub(super) fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(first) = requests.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH {
                match requests.try_recv() {
                    Ok(next) => batch.push(next),
                    Err(_) => break,
                }
            }
            // a defect must not take the authority away from the nodes that come later
            if catch_unwind(AssertUnwindSafe(|| self.serve(batch))).is_err() {
                tracing::error!("the authority stumbled over a defect and opens its files anew");
                self.open = None;
            }
        }
    }

    /// Serves some requests together.
    pub(super) fn serve(&mut self, batch: Vec<Request>) {
        let (_lock, open) = match self.look_locked() {
            Ok(ready) => ready,
            Err(err) => {
                tracing::error!(reason = %Chain(&err), "the authority cannot work");
                let why = site(&err);
                batch
                    .into_iter()
                    .for_each(|request| request.fail(why.clone()));
                return;
            }
        };
        let mut pending: Vec<Pending> = Vec::new();
        for request in batch {
            match request {
                Request::Holder(identity, answer) => {
                    // whoever asked may have given up
                    drop(answer.send(Ok(open.ledger.holder(&identity))));
                }
                Request::Issue(order, answer) => {
                    open.take(&order, answer, &mut pending);
                }
            }
        }
        if pending.is_empty() {
            return;
        }
        let entries: Vec<Entry> = pending.iter().map(|one| one.entry.clone()).collect();
        let failed = open.ledger.commit(&entries).err().map(|err| {
            let err = AuthorityError::Ledger(err);
            tracing::error!(reason = %Chain(&err), "no certificate can be issued");
            site(&err)
        });
        for one in pending {
            for answer in one.answers {
                let result = match &failed {
                    None => Ok(one.delivery.clone()),
                    Some(err) => Err(err.clone()),
                };
                drop(answer.send(result));
            }
        }
    }

    fn look_locked(&mut self) -> Result<(Lock, &mut Open), AuthorityError> {
        let lock = self.directory.lock()?;
        Ok((lock, self.look()?))
    }

    /// Looks whether others changed the files. Whatever goes wrong: the next time they are opened anew.
    fn look(&mut self) -> Result<&mut Open, AuthorityError> {
        let stamps = self.directory.stamps()?;
        let open = match self.open.take() {
            Some(mut open) => {
                if stamps != open.stamps {
                    open.signer = Signer::read(&self.directory)?;
                    open.stamps = stamps;
                    tracing::info!(
                        authority = open.signer.id,
                        "the files of the authority changed and were read anew"
                    );
                }
                open.ledger.refresh().map_err(AuthorityError::Ledger)?;
                open
            }
            None => Open {
                stamps,
                signer: Signer::read(&self.directory)?,
                ledger: Ledger::open(&self.directory.ledger())?,
                validity: self.validity,
                certificates: self.directory.certificates(),
            },
        };
        Ok(self.open.insert(open))
    }
}

impl Open {
    /// Answers at once what needs no writing; the rest becomes pending.
    fn take(
        &self,
        order: &Order,
        answer: oneshot::Sender<Result<Delivery, HelperError>>,
        pending: &mut Vec<Pending>,
    ) {
        let same = pending.iter_mut().find(|one| one.is_of(order));
        if let Some(same) = same {
            same.answers.push(answer);
            return;
        }
        match self.decide(order, pending) {
            Ok(Decided::Now(delivery)) => drop(answer.send(Ok(delivery))),
            Ok(Decided::Written(entry, delivery)) => pending.push(Pending {
                entry: Entry::Issued(*entry),
                delivery,
                answers: vec![answer],
            }),
            Err(err) => drop(answer.send(Err(err))),
        }
    }

    fn decide(&self, order: &Order, pending: &[Pending]) -> Result<Decided, HelperError> {
        if self.ledger.is_revoked(&order.key_digest) {
            return Err(HelperError {
                reason: "a certificate of this key was revoked, and the key gets no other"
                    .to_owned(),
                blame: Blame::Case,
            });
        }
        let before = self.ledger.of_session(&order.session, &order.key_digest);
        let before = before.map_err(|err| site(&AuthorityError::Ledger(err)))?;
        let still_good = |issued: &Issued| {
            issued.identity == order.identity
                && issued.names == order.names
                && issued.not_after > order.now
                && self.signer.knows(&issued.authority)
        };
        if let Some(issued) = before.filter(still_good) {
            return Ok(Decided::Now(self.delivery(&issued.certificate, order.now)));
        }
        if order.claim == Claim::Unheld
            && let Some(until) = self.held(order, pending)
        {
            return Ok(Decided::Now(Delivery::Held { until }));
        }
        if !self.signer.is_valid(order.now) {
            let path = self.certificates.clone();
            return Err(site(&AuthorityError::NotNow { path }));
        }
        let issued = self.issue(order)?;
        let delivery = self.delivery(&issued.certificate, order.now);
        Ok(Decided::Written(Box::new(issued), delivery))
    }

    /// Until when somebody else holds the name of an order.
    fn held(&self, order: &Order, pending: &[Pending]) -> Option<i64> {
        let key = hex::encode(order.key_digest);
        let soon = pending.iter().find_map(|one| match &one.entry {
            Entry::Issued(issued)
                if issued.identity == order.identity && issued.key_digest != key =>
            {
                Some(issued.not_after)
            }
            Entry::Issued(_) | Entry::Revoked(_) => None,
        });
        let already = self.ledger.holder(&order.identity);
        let already = already
            .filter(|holder| holder.key_digest != order.key_digest && holder.not_after > order.now);
        soon.or_else(|| already.map(|holder| holder.not_after))
    }

    fn issue(&self, order: &Order) -> Result<Issued, HelperError> {
        let serial = serial();
        let wish = Wish {
            names: order.names.clone(),
            spki: order.spki.clone(),
            validity: self.validity,
        };
        // the authority's key has signed before: it is the request that is odd
        let made = self.signer.sign(&wish, serial, order.now);
        let made = made.map_err(|err| HelperError {
            reason: Chain(&AuthorityError::Sign(err)).to_string(),
            blame: Blame::Case,
        })?;
        Ok(Issued {
            serial: hex::encode(serial),
            identity: order.identity.clone(),
            names: order.names.clone(),
            session: order.session.clone(),
            key_digest: hex::encode(order.key_digest),
            not_before: made.not_before,
            not_after: made.not_after,
            issued_at: order.now,
            authority: self.signer.id.clone(),
            sha256: fingerprint(&made.der),
            certificate: muster::security::key::pem("CERTIFICATE", &made.der),
        })
    }

    fn delivery(&self, certificate: &str, now: i64) -> Delivery {
        Delivery::Issued {
            certificate: format!("{certificate}{}", self.signer.chain),
            ca: self.signer.authorities(now),
        }
    }
}

/// What becomes of an order.
enum Decided {
    Now(Delivery),
    Written(Box<Issued>, Delivery),
}

impl Pending {
    /// Whether it is what another order asks for as well.
    fn is_of(&self, order: &Order) -> bool {
        match &self.entry {
            Entry::Issued(issued) => {
                issued.session == order.session
                    && issued.identity == order.identity
                    && issued.names == order.names
                    && issued.key_digest == hex::encode(order.key_digest)
            }
            Entry::Revoked(_) => false,
        }
    }
}

impl Request {
    fn fail(self, why: HelperError) {
        match self {
            Self::Issue(_, answer) => drop(answer.send(Err(why))),
            Self::Holder(_, answer) => drop(answer.send(Err(why))),
        }
    }
}

/// What only the site can repair.
pub(super) fn site(err: &AuthorityError) -> HelperError {
    HelperError {
        reason: Chain(err).to_string(),
        blame: Blame::Site,
    }
}

/// The thread is not there, or not in time.
pub(super) fn gone() -> HelperError {
    HelperError {
        reason: "the authority does not answer: its disk or another process holds it up".to_owned(),
        blame: Blame::Site,
    }
}

/// A serial number of 128 bits: positive, and of this length whatever the dice say.
pub(super) fn serial() -> [u8; 16] {
    let mut serial: [u8; 16] = random::bytes();
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    serial
}

/// Requests that are served together: more would make the first of them wait for the signatures of all.
const BATCH: usize = 64;
