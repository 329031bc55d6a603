//! Keys that were generated and are not yet in use (design D6).
//!
//! One RSA key and one Ed25519 seed wait in the state directory, 0600, across restarts of the process, until `configure`
//! makes them live together with the certificate or token that was made for them. The RSA key is generated in the
//! background at start, because it takes a tenth of a second that no caller should wait for.
//!
//! ```text
//!  start ──▶ Generating ──▶ Ready ──(configure commits)──▶ Generating ──▶ …
//!                  └──────▶ Failed ──(next request)──────▶ Generating
//! ```

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::os::atomic_file;
use crate::os::atomic_file::WriteError;
use crate::os::files::FileError;
use crate::os::files::Files;
use crate::os::random;
use crate::secret::Secret;
use crate::security::ed25519::Seed;
use crate::security::key::RsaKey;

/// The staged keys.
#[derive(Debug)]
pub struct Keys {
    files: Arc<dyn Files>,
    directory: PathBuf,
    tasks: TaskTracker,
    rsa: watch::Sender<Slot>,
    seed: Mutex<Option<Arc<Seed>>>,
}

/// Why there is no key.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The provider could not generate one.
    #[error("no key could be generated")]
    Generate,
    /// The key could not be kept.
    #[error("the key could not be kept")]
    Write(#[source] Arc<WriteError>),
    /// The kept key could not be read.
    #[error("the kept key could not be read")]
    Read(#[source] Arc<FileError>),
    /// The process is ending.
    #[error("the process is ending")]
    Ending,
}

#[derive(Debug, Clone)]
enum Slot {
    Generating,
    Ready(Arc<RsaKey>),
    Failed(KeysError),
}

impl Keys {
    /// Keys kept in `directory`; nothing is generated before [`Keys::prepare`] or the first question.
    #[must_use]
    pub fn new(files: Arc<dyn Files>, directory: PathBuf, tasks: TaskTracker) -> Self {
        let (rsa, _) = watch::channel(NOTHING_STAGED);
        Self {
            files,
            directory,
            tasks,
            rsa,
            seed: Mutex::new(None),
        }
    }

    /// Path of the staged RSA key.
    #[must_use]
    pub fn rsa_path(&self) -> PathBuf {
        self.directory.join("staged-private.pem")
    }

    /// Path of the staged seed.
    #[must_use]
    pub fn seed_path(&self) -> PathBuf {
        self.directory.join("staged-server.seed")
    }

    /// Reads or generates the RSA key in the background, unless that is under way.
    pub fn prepare(&self) {
        let begun = self.rsa.send_if_modified(|slot| {
            // two at once could keep one key and answer with the other
            let idle = !matches!(slot, Slot::Generating);
            if idle {
                *slot = Slot::Generating;
            }
            idle
        });
        if !begun {
            return;
        }
        let (files, path, sender) = (Arc::clone(&self.files), self.rsa_path(), self.rsa.clone());
        let work = self.tasks.spawn_blocking(move || {
            // a panic must not leave everybody waiting for a key that never comes
            let made = catch_unwind(AssertUnwindSafe(|| kept_or_new(files.as_ref(), &path)));
            sender.send_replace(match made {
                Ok(Ok(key)) => Slot::Ready(Arc::new(key)),
                Ok(Err(err)) => Slot::Failed(err),
                Err(_panic) => Slot::Failed(KeysError::Generate),
            });
        });
        drop(work);
    }

    /// The staged RSA key, once there is one.
    ///
    /// # Errors
    ///
    /// [`KeysError`] when it could be neither read nor generated and kept; the next call tries again.
    pub async fn rsa(&self) -> Result<Arc<RsaKey>, KeysError> {
        let mut slot = self.rsa.subscribe();
        if matches!(&*slot.borrow(), Slot::Failed(_)) {
            self.prepare();
        }
        let settled = slot
            .wait_for(|slot| !matches!(slot, Slot::Generating))
            .await
            .map_err(|_| KeysError::Ending)?;
        match &*settled {
            Slot::Ready(key) => Ok(Arc::clone(key)),
            Slot::Failed(err) => Err(err.clone()),
            Slot::Generating => Err(KeysError::Ending),
        }
    }

    /// The staged seed; read, or made and kept, on the first call.
    ///
    /// # Errors
    ///
    /// [`KeysError`] when it could be neither read nor kept.
    pub fn seed(&self) -> Result<Arc<Seed>, KeysError> {
        let mut held = self.seed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seed) = self.held_or_kept(&mut held)? {
            return Ok(seed);
        }
        let seed = Seed::new(random::bytes()).map_err(|_| KeysError::Generate)?;
        keep(
            self.files.as_ref(),
            &self.seed_path(),
            seed.to_hex().expose(),
        )?;
        Ok(Arc::clone(held.insert(Arc::new(seed))))
    }

    /// The staged seed if there is one already.
    ///
    /// # Errors
    ///
    /// [`KeysError`] when it could not be read.
    pub fn staged_seed(&self) -> Result<Option<Arc<Seed>>, KeysError> {
        self.held_or_kept(&mut self.seed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets what a committed transaction put to use; the transaction removed the files. Another key is generated only
    /// when somebody asks for one: a provisioned node must not be left with a private key that nobody needs.
    pub fn used(&self, rsa: bool, seed: bool) {
        if seed {
            *self.seed.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        if rsa {
            self.rsa.send_replace(NOTHING_STAGED);
        }
    }

    fn held_or_kept(&self, held: &mut Option<Arc<Seed>>) -> Result<Option<Arc<Seed>>, KeysError> {
        if held.is_none() {
            *held = read(self.files.as_ref(), &self.seed_path())?
                .and_then(|text| Seed::from_hex(text.expose()).ok())
                .map(Arc::new);
        }
        Ok(held.clone())
    }
}

fn kept_or_new(files: &dyn Files, path: &Path) -> Result<RsaKey, KeysError> {
    if let Some(key) = read(files, path)?.and_then(|text| RsaKey::from_pem(text.expose()).ok()) {
        return Ok(key);
    }
    let pair = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
        .map_err(|_| KeysError::Generate)?;
    let key = RsaKey::new(pair);
    let pem = key.private_pem().map_err(|_| KeysError::Generate)?;
    keep(files, path, pem.expose())?;
    Ok(key)
}

fn keep(files: &dyn Files, path: &Path, text: &str) -> Result<(), KeysError> {
    atomic_file::write(files, path, text.as_bytes(), 0o600)
        .map_err(|err| KeysError::Write(Arc::new(err)))
}

fn read(files: &dyn Files, path: &Path) -> Result<Option<Secret<String>>, KeysError> {
    let failed = |err| KeysError::Read(Arc::new(err));
    if files.entry(path).map_err(failed)?.is_none() {
        return Ok(None);
    }
    let bytes = files.read(path, LARGEST_KEY).map_err(failed)?;
    let text = String::from_utf8(bytes.expose().clone()).ok();
    Ok(text.map(Secret::new))
}

/// The next question generates a key.
const NOTHING_STAGED: Slot = Slot::Failed(KeysError::Generate);
/// Larger than any key file, in bytes.
const LARGEST_KEY: u64 = 64 * 1024;
