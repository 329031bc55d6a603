//! Tells the supervisor what this process is doing (`sd_notify(3)`), and learns how often it wants to hear.
//!
//! Messages are datagrams to the socket that `NOTIFY_SOCKET` names, a path or (with `@`) an abstract name. Without
//! the variable nobody listens, and nothing is sent. Sending never waits: a supervisor that does not read must not
//! hold up the agent.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::time::ClockId;

/// Where the supervisor listens, if it does.
#[derive(Debug, Default)]
pub struct Notifier {
    supervisor: Option<(UnixDatagram, SocketAddr)>,
}

impl Notifier {
    /// As the environment says.
    ///
    /// # Errors
    ///
    /// As [`Notifier::new`].
    pub fn from_environment() -> Result<Self, NotifyError> {
        Self::new(env::var_os(SOCKET).as_deref())
    }

    /// To this address; to nobody if there is none.
    ///
    /// # Errors
    ///
    /// [`NotifyError`] if it is no address of a Unix socket.
    pub fn new(address: Option<&OsStr>) -> Result<Self, NotifyError> {
        let Some(address) = address.filter(|address| !address.is_empty()) else {
            return Ok(Self { supervisor: None });
        };
        let target = match address.as_bytes().split_first() {
            Some((b'@', name)) => SocketAddr::from_abstract_name(name),
            Some((b'/', _)) => SocketAddr::from_pathname(address),
            Some(_) | None => Err(io::ErrorKind::Unsupported.into()),
        }
        .map_err(|err| NotifyError::Address { err })?;
        let socket = UnixDatagram::unbound()
            .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
            .map_err(|err| NotifyError::Send { err })?;
        Ok(Self {
            supervisor: Some((socket, target)),
        })
    }

    /// Sends notices, all in one message.
    ///
    /// # Errors
    ///
    /// [`NotifyError::Send`] if the supervisor's socket does not take it. Worth a warning, never more.
    pub fn send(&self, notices: &[Notice<'_>]) -> Result<(), NotifyError> {
        let Some((socket, target)) = &self.supervisor else {
            return Ok(());
        };
        let message: String = notices.iter().map(Notice::line).collect();
        socket
            .send_to_addr(message.as_bytes(), target)
            .map(drop)
            .map_err(|err| NotifyError::Send { err })
    }
}

/// What there is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice<'a> {
    /// Everything local is ready.
    Ready,
    /// One line for people.
    Status(&'a str),
    /// Still alive.
    Watchdog,
    /// About to end.
    Stopping,
    /// About to restart in place; [`Notice::Ready`] follows from the new program.
    Reloading,
}

impl Notice<'_> {
    fn line(&self) -> String {
        match self {
            Self::Ready => String::from("READY=1\n"),
            // The text may quote a peer: a newline in it would be another notice.
            Self::Status(text) => format!("STATUS={}\n", text.replace(char::is_control, " ")),
            Self::Watchdog => String::from("WATCHDOG=1\n"),
            Self::Stopping => String::from("STOPPING=1\n"),
            Self::Reloading => format!("RELOADING=1\n{}", since_boot()),
        }
    }
}

/// How often the supervisor wants a [`Notice::Watchdog`]: twice in the time after which it would end us.
///
/// `None` if it does not watch, or watches another process.
#[must_use]
pub fn watchdog_interval() -> Option<Duration> {
    interval(
        env::var("WATCHDOG_USEC").ok().as_deref(),
        env::var("WATCHDOG_PID").ok().as_deref(),
        std::process::id(),
    )
}

/// The supervisor was not told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// `NOTIFY_SOCKET` names no Unix socket.
    #[error("cannot use the address in {SOCKET}")]
    Address {
        /// Why.
        #[source]
        err: io::Error,
    },
    /// The socket does not take the message.
    #[error("cannot notify the supervisor")]
    Send {
        /// What the system said.
        #[source]
        err: io::Error,
    },
}

fn interval(microseconds: Option<&str>, watched: Option<&str>, own: u32) -> Option<Duration> {
    if watched.is_some_and(|pid| pid.parse() != Ok(own)) {
        return None;
    }
    let limit = microseconds?.parse().ok().filter(|limit| *limit > 0)?;
    Some(Duration::from_micros(limit) / 2)
}

/// systemd wants to know when a reload began; without it the notice is not understood.
fn since_boot() -> String {
    ClockId::CLOCK_MONOTONIC
        .now()
        .map(Duration::from)
        .map(|now| format!("MONOTONIC_USEC={}\n", now.as_micros()))
        .unwrap_or_default()
}

const SOCKET: &str = "NOTIFY_SOCKET";

#[cfg(test)]
mod tests {
    use super::*;

    fn received(socket: &UnixDatagram) -> String {
        socket.set_nonblocking(true).unwrap();
        let mut buffer = [0; 512];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn notices_arrive_at_a_path() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let notifier = Notifier::new(Some(path.as_os_str())).unwrap();
        notifier
            .send(&[Notice::Ready, Notice::Status("waiting\nWATCHDOG=trigger")])
            .unwrap();
        assert_eq!(
            received(&socket),
            "READY=1\nSTATUS=waiting WATCHDOG=trigger\n"
        );
        notifier.send(&[Notice::Watchdog]).unwrap();
        assert_eq!(received(&socket), "WATCHDOG=1\n");
        notifier.send(&[Notice::Stopping]).unwrap();
        assert_eq!(received(&socket), "STOPPING=1\n");
    }

    #[test]
    fn notices_arrive_at_an_abstract_name() {
        let name = format!("muster-test-{}", crate::os::random::hex_id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        let notifier = Notifier::new(Some(OsStr::new(&format!("@{name}")))).unwrap();
        notifier.send(&[Notice::Reloading]).unwrap();
        assert!(received(&socket).starts_with("RELOADING=1\nMONOTONIC_USEC="));
    }

    #[test]
    fn without_a_supervisor_nothing_is_sent() {
        for nobody in [None, Some(OsStr::new(""))] {
            Notifier::new(nobody)
                .unwrap()
                .send(&[Notice::Ready])
                .unwrap();
        }
    }

    #[test]
    fn a_vanished_supervisor_and_a_foreign_address_are_errors() {
        let gone = Notifier::new(Some(OsStr::new("/no/such/socket"))).unwrap();
        assert!(matches!(
            gone.send(&[Notice::Ready]),
            Err(NotifyError::Send { .. })
        ));
        let foreign = Notifier::new(Some(OsStr::new("vsock:2:1234")));
        assert!(matches!(foreign, Err(NotifyError::Address { .. })));
    }

    #[test]
    fn the_watchdog_is_fed_twice_in_its_time() {
        assert_eq!(
            interval(Some("3000000"), None, 7),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(
            interval(Some("3000000"), Some("7"), 7),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(interval(Some("3000000"), Some("8"), 7), None);
        assert_eq!(interval(Some("0"), None, 7), None);
        assert_eq!(interval(Some("soon"), None, 7), None);
        assert_eq!(interval(None, None, 7), None);
    }
}
