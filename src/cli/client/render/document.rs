//! Answers as JSON.

use std::io;
use std::io::Write;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::footer::rfc3339;
use super::values::json_line;
use crate::client::Answer;
use crate::client::Stats;
use crate::protocol::names::Identity;

/// The whole result of a call.
pub(in super::super) struct Document<'a> {
    pub(in super::super) agent: &'a str,
    pub(in super::super) action: &'a str,
    pub(in super::super) answers: &'a [Answer],
    pub(in super::super) stats: &'a Stats,
    pub(in super::super) discovery: Duration,
    pub(in super::super) summaries: Value,
}

impl Document<'_> {
    pub(in super::super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let stats = self.stats;
        let names =
            |nodes: &[Identity]| nodes.iter().map(|node| node.as_str().to_owned()).collect();
        let document = Json {
            agent: self.agent,
            action: self.action,
            replies: self.answers.iter().map(Reply::from).collect(),
            request_stats: RequestStats {
                requestid: stats.request.as_str(),
                no_responses: names(&stats.no_responses),
                unexpected_responses: names(&stats.unexpected),
                discovered: stats.discovered,
                failed: stats.failed,
                ok: stats.ok,
                responses: stats.responses,
                publish_time: nanoseconds(stats.publish_time),
                request_time: nanoseconds(stats.request_time),
                discover_time: nanoseconds(self.discovery),
                start_time_utc: rfc3339(stats.started),
            },
            summaries: &self.summaries,
        };
        json_line(out, &document)
    }
}

/// One answer on one line.
pub(in super::super) fn reply_line(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Reply::from(answer))?;
    writeln!(out)?;
    out.flush()
}

#[derive(Serialize)]
struct Json<'a> {
    agent: &'a str,
    action: &'a str,
    replies: Vec<Reply<'a>>,
    request_stats: RequestStats<'a>,
    summaries: &'a Value,
}

#[derive(Serialize)]
struct Reply<'a> {
    sender: &'a str,
    action: &'a str,
    statuscode: u8,
    statusmsg: &'a str,
    data: &'a Value,
    time_utc: String,
}

#[derive(Serialize)]
struct RequestStats<'a> {
    requestid: &'a str,
    no_responses: Vec<String>,
    unexpected_responses: Vec<String>,
    discovered: usize,
    failed: usize,
    ok: usize,
    responses: usize,
    publish_time: u64,
    request_time: u64,
    discover_time: u64,
    start_time_utc: String,
}

impl<'a> From<&'a Answer> for Reply<'a> {
    fn from(answer: &'a Answer) -> Self {
        Self {
            sender: answer.sender.as_str(),
            action: &answer.reply.action,
            statuscode: answer.reply.statuscode.code(),
            statusmsg: &answer.reply.statusmsg,
            data: &answer.reply.data,
            time_utc: rfc3339(answer.time),
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
