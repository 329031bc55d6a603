//! A bar that shows a person how many nodes have answered.

use indicatif::ProgressBar;
use indicatif::ProgressStyle;

/// A bar on standard error, or nothing where nobody watches.
#[derive(Debug)]
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(super) fn new(shown: Shown, nodes: usize) -> Self {
        Self((shown == Shown::Yes).then(|| {
            let bar = ProgressBar::new(u64::try_from(nodes).unwrap_or(u64::MAX));
            let style = ProgressStyle::with_template("{pos} / {len} {elapsed} {wide_bar}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        }))
    }

    pub(super) fn step(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }

    /// Takes the bar away, so that what follows stands alone.
    pub(super) fn finish(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Whether there is a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Yes,
    No,
}

impl From<bool> for Shown {
    fn from(shown: bool) -> Self {
        if shown { Self::Yes } else { Self::No }
    }
}
