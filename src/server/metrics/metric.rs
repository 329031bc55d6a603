//! One metric, and the texts that are made of a table of them: the page that is scraped and the documentation.

use std::fmt;
use std::fmt::Write as _;
use std::time::Duration;

use crate::os::usage::Times;
use crate::rpc::Snapshot;
use crate::transport;

/// The figures of a node at one moment.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Who it is.
    pub identity: String,
    /// Version of the software.
    pub version: &'static str,
    /// Its source revision.
    pub sha: &'static str,
    /// Whether the node waits for a provisioner.
    pub provisioning: bool,
    /// Whether it is connected to a broker.
    pub connected: bool,
    /// What was done with requests.
    pub requests: Snapshot,
    /// What the connection counts.
    pub link: transport::Stats,
    /// When the process started, seconds since 1970.
    pub started: i64,
    /// When the last valid request came, seconds since 1970; 0 is never.
    pub last_message: i64,
    /// Seconds by which the clock was ahead of the last request outside its time.
    pub clock_offset: i64,
    /// Whether no request was in its time since.
    pub clock_in_doubt: bool,
    /// How many things are wrong.
    pub problems: usize,
    /// End of the certificate in use, seconds since 1970.
    pub certificate_expires: Option<i64>,
    /// Memory in use, bytes.
    pub resident: Option<u64>,
    /// Processor time used.
    pub times: Times,
}

/// One metric.
#[derive(Debug)]
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) labels: Labels,
    pub(super) about: &'static str,
    pub(super) read: fn(&Figures) -> Option<Number>,
}

/// A part of the documentation.
#[derive(Debug)]
pub(super) struct Chapter {
    pub(super) title: &'static str,
    pub(super) metrics: &'static [Metric],
}

/// What a metric does over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Grows while the process lives.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often something took how long in all; here once.
    Summary,
}

/// The labels of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Labels {
    None,
    Identity,
    Build,
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Count(u64),
    Signed(i64),
    Seconds(Duration),
}

impl Metric {
    pub(super) const fn counter(
        name: &'static str,
        about: &'static str,
        read: fn(&Figures) -> Option<Number>,
    ) -> Self {
        Self {
            name,
            kind: Kind::Counter,
            labels: Labels::None,
            about,
            read,
        }
    }

    pub(super) const fn gauge(
        name: &'static str,
        about: &'static str,
        read: fn(&Figures) -> Option<Number>,
    ) -> Self {
        let mut metric = Self::counter(name, about, read);
        metric.kind = Kind::Gauge;
        metric
    }

    pub(super) const fn summary(
        name: &'static str,
        about: &'static str,
        read: fn(&Figures) -> Option<Number>,
    ) -> Self {
        let mut metric = Self::counter(name, about, read);
        metric.kind = Kind::Summary;
        metric
    }

    pub(super) const fn with(mut self, labels: Labels) -> Self {
        self.labels = labels;
        self
    }

    /// Its lines on the page; none where there is no value.
    fn write(&self, page: &mut String, figures: &Figures) {
        let (name, kind) = (self.name, self.kind.word());
        let value = (self.read)(figures);
        if value.is_none() && self.kind != Kind::Summary {
            return;
        }
        let labels = self.labels.text(figures);
        let about = escaped(self.about.trim());
        // writing to a string cannot fail
        let _ = writeln!(page, "# HELP {name} {about}\n# TYPE {name} {kind}");
        let number = value.unwrap_or(Number::Count(0));
        let _ = match self.kind {
            Kind::Counter | Kind::Gauge => writeln!(page, "{name}{labels} {number}"),
            Kind::Summary => {
                let count = u64::from(value.is_some());
                writeln!(
                    page,
                    "{name}_sum{labels} {number}\n{name}_count{labels} {count}"
                )
            }
        };
    }
}

/// The page of these metrics: text exposition format 0.0.4.
pub(super) fn page(chapters: &[Chapter], figures: &Figures) -> String {
    let mut page = String::with_capacity(PAGE);
    for metric in chapters.iter().flat_map(|chapter| chapter.metrics) {
        metric.write(&mut page, figures);
    }
    page
}

/// The documentation of these metrics, after an introduction.
pub(super) fn reference(introduction: &str, chapters: &[Chapter]) -> String {
    let mut text = introduction.to_owned();
    for chapter in chapters {
        let _ = writeln!(
            text,
            "\n## {}\n\n| Metric | Type | Labels | Meaning |\n|---|---|---|---|",
            chapter.title
        );
        for metric in chapter.metrics {
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} |",
                metric.name,
                metric.kind.word(),
                metric.labels.names(),
                metric.about.trim()
            );
        }
    }
    text
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Summary => "summary",
        }
    }
}

impl Labels {
    const fn names(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Identity => "`identity`",
            Self::Build => "`version`, `sha`, `identity`",
        }
    }

    fn text(self, figures: &Figures) -> String {
        let identity = escaped(&figures.identity);
        match self {
            Self::None => String::new(),
            Self::Identity => format!("{{identity=\"{identity}\"}}"),
            Self::Build => {
                let (version, sha) = (escaped(figures.version), escaped(figures.sha));
                format!("{{version=\"{version}\",sha=\"{sha}\",identity=\"{identity}\"}}")
            }
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Signed(number) => number.fmt(f),
            Self::Seconds(duration) => {
                write!(f, "{}.{:03}", duration.as_secs(), duration.subsec_millis())
            }
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}

/// About the size of a page, in bytes.
const PAGE: usize = 8 * 1024;
