//! What standard input is, and whether something comes from it.

use std::fs::File;
use std::io;
use std::io::BufRead;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileTypeExt as _;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::PollFd;
use nix::poll::PollFlags;
use nix::poll::PollTimeout;
use nix::poll::poll;

/// Whether standard input is a pipe: not a terminal, not a file, not a socket as some remote shells give.
#[must_use]
pub fn is_pipe() -> bool {
    let kind = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .and_then(|fd| File::from(fd).metadata())
        .map(|metadata| metadata.file_type());
    kind.is_ok_and(|kind| kind.is_fifo())
}

/// Waits until there is something to read or nobody is left to write; false when that takes longer.
///
/// # Errors
///
/// What the system said.
pub fn wait(patience: Duration) -> io::Result<bool> {
    let timeout = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
    let stdin = io::stdin();
    loop {
        let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, timeout) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::EINTR) => {}
            Err(err) => return Err(err.into()),
        }
    }
}

/// What comes from it. Reading waits for as long as the writer takes.
#[must_use]
pub fn reader() -> impl BufRead {
    io::stdin().lock()
}
