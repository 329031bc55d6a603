//! Keys of the daemon itself and of its network.

use muster::telemetry::Destination;
use muster::telemetry::Level;

use crate::config::fault::Fault;
use crate::config::forms::AbsolutePath;
use crate::config::forms::Choice;
use crate::config::forms::Form;
use crate::config::forms::Interval;
use crate::config::forms::Line;
use crate::config::forms::Listener;
use crate::config::forms::Period;
use crate::config::forms::Read;
use crate::config::forms::SocketPath;
use crate::config::forms::Switch;
use crate::config::forms::Whole;
use crate::config::keys::Chapter;
use crate::config::keys::Key;
use crate::config::keys::Words;

pub(in crate::config) const CHAPTER: Chapter = Chapter {
    title: "The daemon",
    keys: &[
        &WORKERS,
        &INTERVAL,
        &LOGFILE,
        &LOGLEVEL,
        &SITE,
        &MONITOR_LISTEN,
        &MONITOR_PORT,
        &STATE_DIRECTORY,
        &CONTROL_SOCKET,
    ],
};

pub(in crate::config) const NETWORK: Chapter = Chapter {
    title: "The network",
    keys: &[
        &BROKER_PASSWORD,
        &INSECURE,
        &LIFECYCLE_COMPONENT,
        &PRODUCTION_CONFIG,
    ],
};

pub(in crate::config) static WORKERS: Key<Whole> = Key::ruled(
    "workers",
    Whole { min: 0, max: 4096 },
    "the number of processors",
    "Nodes worked on at the same time. 0 is the number of processors. A worker mostly waits for its node and for the helper, so that far more of them than processors are of use.",
);

pub(in crate::config) static INTERVAL: Key<Interval> = Key::new(
    "interval",
    Interval(Period {
        min: "1m",
        max: "30d",
    }),
    "1m",
    "Time between two discoveries of nodes that wait.",
);

pub(in crate::config) static LOGFILE: Key<LogFile> = Key::new(
    "logfile",
    LogFile,
    "stderr",
    "Where the log goes: JSON lines in a file, readable lines elsewhere.",
);

pub(in crate::config) static LOGLEVEL: Key<Choice<Level>> = Key::new(
    "loglevel",
    Choice(&[
        ("debug", Level::Debug),
        ("info", Level::Info),
        ("warn", Level::Warn),
        ("error", Level::Error),
        ("fatal", Level::Error),
    ]),
    "info",
    "How much is logged. `fatal` is `error`. The reference's default is `warn`, although its documentation says `info`.",
);

pub(in crate::config) static SITE: Key<Line> = Key::new(
    "site",
    Line { max: 128 },
    "",
    "Label `site` of every metric.",
);

pub(in crate::config) static MONITOR_LISTEN: Key<Listener> = Key::ruled(
    "monitor_listen",
    Listener,
    "as `monitor_port` says",
    "Where metrics and health are served, over plain HTTP and to everybody who can connect.",
);

pub(in crate::config) static MONITOR_PORT: Key<Whole> = Key::new(
    "monitor_port",
    Whole {
        min: 0,
        max: 65_535,
    },
    "0",
    "The reference's way to say where: this port on every interface, with a warning. 0 is nowhere.",
);

pub(in crate::config) static STATE_DIRECTORY: Key<AbsolutePath> = Key::new(
    "state_directory",
    AbsolutePath,
    "/var/lib/muster-provisioner",
    "Directory of the journal. Nobody else may write there.",
);

pub(in crate::config) static CONTROL_SOCKET: Key<SocketPath> = Key::new(
    "control_socket",
    SocketPath,
    "/run/muster-provisioner/control.sock",
    "Socket that `muster-provisioner pause`, `resume`, `status` and the other commands of this machine talk to.",
);

pub(in crate::config) static BROKER_PASSWORD: Key<Words> = Key::ruled(
    "broker_provisioning_password",
    Words("a secret"),
    "none",
    "Password of the broker's user `provisioner`.",
);

pub(in crate::config) static INSECURE: Key<Switch> = Key::new(
    "choria_insecure",
    Switch,
    "false",
    "A provisioning network in plain text and without signatures. Only for a plain NATS server without accounts.",
);

pub(in crate::config) static LIFECYCLE_COMPONENT: Key<Component> = Key::new(
    "lifecycle_component",
    Component,
    "provision_mode_server",
    "Component whose startup events tell of a node that waits.",
);

pub(in crate::config) static PRODUCTION_CONFIG: Key<AbsolutePath> = Key::ruled(
    "production_config",
    AbsolutePath,
    "none",
    "Client configuration of the production network, where that has brokers of its own: the provisioner then listens there for nodes that start, and so learns that they arrived. It asks nothing there.",
);

/// The destination of a log.
pub(in crate::config) struct LogFile;

impl Form for LogFile {
    fn words(&self) -> String {
        "stdout, stderr, discard or an absolute path".to_owned()
    }
}

impl Read for LogFile {
    type Value = Destination;

    fn read(&self, text: &str) -> Result<Destination, Fault> {
        match text {
            "stdout" => Ok(Destination::Stdout),
            "stderr" => Ok(Destination::Stderr),
            "discard" => Ok(Destination::Discard),
            path => AbsolutePath
                .read(path)
                .map(Destination::File)
                .map_err(|_| self.refused(path)),
        }
    }
}

/// One part of a subject.
pub(in crate::config) struct Component;

impl Form for Component {
    fn words(&self) -> String {
        "a name without dots, wildcards and spaces".to_owned()
    }
}

impl Read for Component {
    type Value = String;

    fn read(&self, text: &str) -> Result<String, Fault> {
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b".*>".contains(&byte));
        if plain && (1..=128).contains(&text.len()) {
            Ok(text.to_owned())
        } else {
            Err(Fault::LifecycleComponent {
                found: text.chars().take(128).collect(),
            })
        }
    }
}
