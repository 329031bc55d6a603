//! What is answered to a request: one of two pages or a refusal.

use std::sync::Arc;

use serde_json::json;

use super::head::Refusal;
use super::metric;
use super::metric::Figures;
use super::table::CHAPTERS;
use crate::build_info::BuildInfo;
use crate::os::usage;
use crate::rpc::Node;
use crate::server::keyring::Keyring;

/// Where the figures come from.
#[derive(Debug)]
pub struct Source {
    /// The node.
    pub node: Arc<Node>,
    /// What the build decided.
    pub build: BuildInfo,
    /// The certificate in use.
    pub keyring: Option<Keyring>,
}

impl Source {
    /// The figures of this moment.
    fn figures(&self) -> Figures {
        let node = &self.node;
        let link = node.link();
        Figures {
            identity: node.identity.to_string(),
            version: node.version,
            sha: self.build.sha,
            provisioning: node.provisioning,
            connected: !link.server.is_empty(),
            requests: node.stats.snapshot(),
            link: link.stats,
            started: node.started,
            last_message: node.stats.last_message(),
            clock_offset: node.stats.clock_offset(),
            clock_in_doubt: node.stats.clock_in_doubt(),
            problems: node.problems().len(),
            certificate_expires: self.keyring.as_ref().and_then(|it| it.current().expires()),
            resident: usage::resident_memory(),
            times: usage::process_times(),
        }
    }

    /// The whole response to a request for `path`.
    pub(super) fn answer(&self, path: &str) -> String {
        match path {
            "/metrics" | "/choria/metrics" | "/choria/prometheus" => response(
                "200 OK",
                "text/plain; version=0.0.4; charset=utf-8",
                &metric::page(CHAPTERS, &self.figures()),
            ),
            "/choria" | "/choria/" => response(
                "200 OK",
                "application/json",
                &format!("{:#}\n", self.about()),
            ),
            _ => response(
                "404 Not Found",
                PLAIN,
                "there are /metrics, /choria/prometheus and /choria/\n",
            ),
        }
    }

    /// What the reference's brokers tell of themselves (spec 03 §9.5).
    fn about(&self) -> serde_json::Value {
        let build = &self.build;
        json!({
            "build": {
                "version": build.version,
                "sha": build.sha,
                "build_date": build.build_date,
                "license": LICENSE,
                "tls": build.tls,
                "secure": build.secure,
                "go": "",
                "rust": build.rustc,
                "max_broker_clients": 0,
            },
            "system": {
                "rss": usage::resident_memory(),
                "cpu_cores": usage::cores(),
            },
            "config_file": self.node.config_file.display().to_string(),
            "identity": self.node.identity.as_str(),
        })
    }
}

/// The whole response to a request that is refused.
pub(super) fn refused(refusal: Refusal) -> String {
    match refusal {
        Refusal::Malformed => response("400 Bad Request", PLAIN, "this is no HTTP request\n"),
        Refusal::Method => response(
            "405 Method Not Allowed\r\nAllow: GET",
            PLAIN,
            "there is only GET\n",
        ),
        Refusal::TooLarge => response(
            "431 Request Header Fields Too Large",
            PLAIN,
            "the head of the request is too large\n",
        ),
    }
}

fn response(status: &str, kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

const PLAIN: &str = "text/plain; charset=utf-8";
const LICENSE: &str = "Apache-2.0";
