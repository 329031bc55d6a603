//! JSON that names nodes: a list of names, the result of a request, or one reply of `req --jsonl`.

use std::fmt;

use serde::Deserialize;
use serde::de::Error as _;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;

/// The names of a list, or those of a result whose nodes answered well.
pub(super) struct Names(pub(super) Vec<String>);

#[derive(Deserialize)]
struct Reply {
    sender: String,
    statuscode: u64,
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Document)
    }
}

struct Document;

impl<'de> Visitor<'de> for Document {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of names or the result of a request")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Names, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = items.next_element::<String>()? {
            push(&mut names, name)?;
        }
        Ok(Names(names))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Names, A::Error> {
        let mut replies = None;
        let (mut sender, mut statuscode) = (None, None);
        while let Some(field) = fields.next_key::<String>()? {
            match field.as_str() {
                "replies" => replies = Some(fields.next_value::<Replies>()?),
                "sender" => sender = Some(fields.next_value::<String>()?),
                "statuscode" => statuscode = Some(fields.next_value::<u64>()?),
                _ => {
                    let IgnoredAny = fields.next_value()?;
                }
            }
        }
        match (replies, sender, statuscode) {
            (Some(Replies(names)), _, _) => Ok(Names(names)),
            (None, Some(sender), Some(0)) => Ok(Names(vec![sender])),
            (None, Some(_), Some(_)) => Ok(Names(Vec::new())),
            (None, _, _) => Err(A::Error::missing_field("replies")),
        }
    }
}

struct Replies(Vec<String>);

impl<'de> Deserialize<'de> for Replies {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ReplyList)
    }
}

struct ReplyList;

impl<'de> Visitor<'de> for ReplyList {
    type Value = Replies;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of replies")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Replies, A::Error> {
        let mut names = Vec::new();
        while let Some(Reply { sender, statuscode }) = items.next_element()? {
            if statuscode == 0 {
                push(&mut names, sender)?;
            }
        }
        Ok(Replies(names))
    }
}

fn push<E: serde::de::Error>(names: &mut Vec<String>, name: String) -> Result<(), E> {
    if names.len() >= MOST {
        return Err(E::custom(format_args!("more than {MOST} names")));
    }
    names.push(name);
    Ok(())
}

/// Names in a text: more than any fleet has.
pub(super) const MOST: usize = 1_000_000;
