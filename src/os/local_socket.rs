//! A Unix socket to listen on.
//!
//! The socket is made under the name `<path>.new`, closed to everyone but its owner, is given its mode, begins to
//! listen, and is then renamed to its path: whoever finds it there may connect at once, and nobody could before. A
//! socket that an earlier process left is replaced; one where somebody listens, and anything that is no socket (a
//! symbolic link above all), is refused and stays as it is. Dropping a [`LocalSocket`] removes what is at the path,
//! unless that is another's by now.
//!
//! Refused alternatives: removing what is at the path and binding there (somebody may come between, and the umask
//! decides who may connect); leaving the socket behind (whoever connects to it cannot tell a hanging node from a
//! stopped one).

use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use nix::fcntl::AT_FDCWD;
use nix::sys::stat::FchmodatFlags;
use nix::sys::stat::Mode;
use nix::sys::stat::fchmod;
use nix::sys::stat::fchmodat;
use tokio::net::UnixListener;
use tokio::net::UnixSocket;
use tokio::net::UnixStream;
use tokio::time::timeout;

/// A Unix socket that listens. Its file is removed when it is dropped.
#[derive(Debug)]
pub struct LocalSocket {
    listener: UnixListener,
    path: PathBuf,
    identity: (u64, u64),
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// Something else is there.
    #[error("{} is not a socket and stays as it is", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// Somebody listens there.
    #[error("another process listens on {}", path.display())]
    InUse {
        /// The path.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("cannot listen on {}", path.display())]
    Listen {
        /// The path.
        path: PathBuf,
        /// What it said.
        #[source]
        err: io::Error,
    },
}

impl LocalSocket {
    /// Listens at `path` with the permission bits `mode`.
    ///
    /// # Errors
    ///
    /// [`SocketError`]; what was at the path is then still there.
    pub async fn listen(path: &Path, mode: u32) -> Result<Self, SocketError> {
        check(path).await?;
        let mut staged = path.as_os_str().to_owned();
        staged.push(STAGED);
        let staged = PathBuf::from(staged);
        check(&staged).await?;
        let made = make(&staged, path, mode);
        if made.is_err() {
            // the first error is the one that explains; what is left is replaced the next time
            fs::remove_file(&staged).ok();
        }
        made.map_err(|err| SocketError::Listen {
            path: path.to_owned(),
            err,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next connection.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }
}

impl Drop for LocalSocket {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            // a socket that cannot be removed is replaced by the next process
            fs::remove_file(&self.path).ok();
        }
    }
}

/// Whether the path is free or has a socket that nobody uses any more.
async fn check(path: &Path) -> Result<(), SocketError> {
    let owned = || path.to_owned();
    match fs::symlink_metadata(path) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(err) => return Err(SocketError::Listen { path: owned(), err }),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(SocketError::NotASocket { path: owned() });
        }
        Ok(_) => {}
    }
    match timeout(PATIENCE, UnixStream::connect(path)).await {
        Ok(Err(err)) if err.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        // a full queue, a lack of permission: whatever it is, somebody may be there
        Ok(_) | Err(_) => Err(SocketError::InUse { path: owned() }),
    }
}

/// Makes the socket under its first name and gives it its place.
fn make(staged: &Path, path: &Path, mode: u32) -> io::Result<LocalSocket> {
    match fs::remove_file(staged) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
        Ok(()) | Err(_) => {}
    }
    let socket = UnixSocket::new_stream()?;
    // the file takes over these bits, so that it is never open to more than its owner
    fchmod(&socket, Mode::S_IRUSR | Mode::S_IWUSR)?;
    socket.bind(staged)?;
    let mode = Mode::from_bits_truncate(mode);
    fchmodat(AT_FDCWD, staged, mode, FchmodatFlags::NoFollowSymlink)?;
    let listener = socket.listen(BACKLOG)?;
    let identity = identity(staged)?;
    fs::rename(staged, path)?;
    Ok(LocalSocket {
        listener,
        path: path.to_owned(),
        identity,
    })
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}

/// What the name of a socket ends in while it is made.
const STAGED: &str = ".new";
/// Connections that wait to be accepted.
const BACKLOG: u32 = 16;
/// For whoever listens on a socket that is there already.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    #[tokio::test]
    async fn a_socket_has_its_mode_and_goes_with_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        let socket = LocalSocket::listen(&path, 0o660).await.unwrap();
        assert_eq!(mode(&path), 0o660);
        UnixStream::connect(&path).await.unwrap();
        socket.accept().await.unwrap();
        drop(socket);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_socket_that_was_left_behind_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        let staged = folder.path().join("metrics.sock.new");
        drop(net::UnixListener::bind(&path).unwrap());
        drop(net::UnixListener::bind(&staged).unwrap());
        let socket = LocalSocket::listen(&path, 0o600).await.unwrap();
        UnixStream::connect(&path).await.unwrap();
        assert!(!staged.exists());
        drop(socket);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn what_is_in_use_or_no_socket_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        let other = net::UnixListener::bind(&path).unwrap();
        let refused = LocalSocket::listen(&path, 0o660).await;
        assert!(matches!(refused, Err(SocketError::InUse { .. })));
        other.accept().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::File::create(&file).unwrap();
        symlink(&path, &link).unwrap();
        for taken in [&file, &link, &folder.path().to_owned()] {
            let refused = LocalSocket::listen(taken, 0o660).await;
            assert!(matches!(refused, Err(SocketError::NotASocket { .. })));
        }
        assert!(file.is_file() && link.is_symlink());
    }

    #[tokio::test]
    async fn a_link_under_the_first_name_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        symlink("elsewhere", folder.path().join("metrics.sock.new")).unwrap();
        let refused = LocalSocket::listen(&path, 0o660).await;
        assert!(matches!(refused, Err(SocketError::NotASocket { .. })));
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn the_socket_of_another_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        let socket = LocalSocket::listen(&path, 0o660).await.unwrap();
        fs::remove_file(&path).unwrap();
        let _other = net::UnixListener::bind(&path).unwrap();
        drop(socket);
        assert!(path.exists());
    }

    #[tokio::test]
    async fn a_missing_directory_is_an_error() {
        let refused = LocalSocket::listen(Path::new("/no/such/socket"), 0o660).await;
        assert!(matches!(refused, Err(SocketError::Listen { .. })));
    }
}
