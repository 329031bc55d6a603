//! The thread that issues: it signs, writes the ledger and answers.
//!
//! Everything that is asked for while the disk is busy is served together afterwards: one lock, one write, one fsync for
//! all of it. Under the lock the files are looked at first, so that what `ca rotate` and `ca revoke` did meanwhile, or
//! another provisioner beside this one, counts from the next certificate on.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::time::Duration;

use muster::os::lock::Lock;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::desk::Delivery;
use super::desk::Desk;
use super::desk::Order;
use super::desk::Pending;
use super::desk::site;
use super::directory::Directory;
use super::error::AuthorityError;
use super::ledger::Holder;
#[cfg(test)]
use super::ledger::Ledger;
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

/// What the thread works with.
#[derive(Debug)]
pub(super) struct Scribe {
    directory: Directory,
    validity: Duration,
    desk: Option<Desk>,
}

impl Scribe {
    /// Opens the files.
    pub(super) fn open(directory: Directory, validity: Duration) -> Result<Self, AuthorityError> {
        let mut scribe = Self {
            directory,
            validity,
            desk: None,
        };
        let _lock = scribe.directory.lock()?;
        scribe.look()?;
        Ok(scribe)
    }

    /// Puts a ledger with a store of the test's into place.
    #[cfg(test)]
    pub(super) fn replace_ledger(&mut self, ledger: Ledger) {
        self.desk.as_mut().unwrap().ledger = ledger;
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
                self.desk = None;
            }
        }
    }

    /// Serves some requests together.
    pub(super) fn serve(&mut self, batch: Vec<Request>) {
        let (_lock, desk) = match self.look_locked() {
            Ok(ready) => ready,
            Err(err) => {
                let why = site(&err);
                for request in batch {
                    request.fail(why.clone());
                }
                return;
            }
        };
        let mut pending: Vec<Pending> = Vec::new();
        for request in batch {
            match request {
                Request::Holder(identity, answer) => {
                    // whoever asked may have given up
                    drop(answer.send(Ok(desk.ledger.holder(&identity))));
                }
                Request::Issue(order, answer) => desk.take(&order, answer, &mut pending),
            }
        }
        desk.commit(pending);
    }

    fn look_locked(&mut self) -> Result<(Lock, &mut Desk), AuthorityError> {
        let lock = self.directory.lock()?;
        Ok((lock, self.look()?))
    }

    /// The desk as the files are now. Whatever goes wrong: the next time they are opened anew.
    fn look(&mut self) -> Result<&mut Desk, AuthorityError> {
        let desk = match self.desk.take() {
            Some(mut desk) => {
                desk.look(&self.directory)?;
                desk
            }
            None => Desk::open(&self.directory, self.validity)?,
        };
        Ok(self.desk.insert(desk))
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

/// The thread is not there, or not in time.
pub(super) fn gone() -> HelperError {
    HelperError {
        reason: "the authority does not answer: its disk or another process holds it up".to_owned(),
        blame: Blame::Site,
    }
}

/// Requests that are served together: more would make the first of them wait for the signatures of all.
const BATCH: usize = 64;
