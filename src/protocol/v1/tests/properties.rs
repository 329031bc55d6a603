//! What was written can be read, and damage is no panic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::super::*;
use super::REPLY;
use super::REQUEST;
use super::TRANSPORT;
use crate::protocol::Federation;
use crate::protocol::Reply;
use crate::protocol::Request;
use crate::protocol::Route;
use crate::protocol::filter::CompoundFilter;
use crate::protocol::filter::FactFilter;
use crate::protocol::filter::Filter;
use crate::protocol::filter::Operator;

const NAME: &str = "[a-zA-Z0-9_-]{1,12}(\\.[a-z0-9_-]{1,8}){0,2}";

fn operator() -> impl Strategy<Value = Operator> {
    prop::sample::select(vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Matches,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
    ])
}

fn filter() -> impl Strategy<Value = Filter> {
    let fact =
        ("\\PC{1,8}", operator(), "\\PC{1,8}").prop_map(|(fact, operator, value)| FactFilter {
            fact,
            operator,
            value,
        });
    let texts = || prop::collection::vec(any::<String>(), 0..3);
    let compound = any::<String>().prop_map(|expr| vec![CompoundFilter { expr }]);
    (
        prop::collection::vec(fact, 0..3),
        texts(),
        texts(),
        texts(),
        prop::collection::vec(compound, 0..3),
    )
        .prop_map(|(fact, cf_class, agent, identity, compound)| Filter {
            fact,
            cf_class,
            agent,
            identity,
            compound,
        })
}

fn request() -> impl Strategy<Value = Request> {
    let names = (
        "[!-~]{32}",
        "\\PC{0,20}",
        "\\PC{1,20}",
        NAME,
        "[a-z_-]{1,20}",
    );
    let body = any::<String>().prop_filter("not empty", |body| !body.is_empty());
    (names, 30..=u64::MAX, any::<i64>(), filter(), body).prop_map(
        |((id, sender, caller, collective, agent), ttl, time, filter, body)| Request {
            id: id.parse().unwrap(),
            sender: sender.parse().unwrap(),
            caller: caller.parse().unwrap(),
            collective: collective.parse().unwrap(),
            agent: agent.parse().unwrap(),
            ttl,
            time,
            filter,
            body: body.into_bytes(),
        },
    )
}

fn route() -> impl Strategy<Value = Route> {
    let text = || prop::option::of(any::<String>());
    let given = || prop::option::of("\\PC{1,20}");
    let targets = prop::collection::vec(any::<String>(), 0..3);
    let federation =
        (text(), text(), targets).prop_map(|(request, reply_to, targets)| Federation {
            request,
            reply_to,
            targets,
        });
    let hops = prop::collection::vec(any::<[String; 3]>(), 0..3);
    (given(), given(), hops, prop::option::of(federation)).prop_map(
        |(reply_to, sender, hops, federation)| Route {
            reply_to,
            sender,
            hops,
            federation,
        },
    )
}

proptest! {
    #[test]
    fn a_request_survives_being_written_and_read(request in request()) {
        prop_assert_eq!(decode_request(&encode_request(&request)).unwrap(), request);
    }

    #[test]
    fn a_reply_survives_being_written_and_read(
        id in "[!-~]{32}",
        sender in NAME,
        agent in "[a-z_-]{1,20}",
        time in any::<i64>(),
        body in any::<String>(),
    ) {
        let reply = Reply {
            request: id.parse().unwrap(),
            sender: sender.parse().unwrap(),
            agent: agent.parse().unwrap(),
            time,
            body: body.into_bytes(),
        };
        let secure = SecureReply { message: encode_reply(&reply) };
        let read = SecureReply::decode(&secure.encode()).unwrap();
        prop_assert_eq!(decode_reply(&read.message).unwrap(), reply);
    }

    #[test]
    fn the_bytes_that_are_signed_survive_every_layer_around_them(
        message in any::<String>().prop_filter("not empty", |message| !message.is_empty()),
        signature in prop::collection::vec(any::<u8>(), 1..64),
        route in route(),
    ) {
        let secure = SecureRequest {
            message,
            signature: Signature::X509 { signature, certificate: "PEM".into() },
        };
        let transport = Transport { data: secure.encode(), route };
        let read = Transport::decode(&transport.encode()).unwrap();
        prop_assert_eq!(&read, &transport);
        prop_assert_eq!(SecureRequest::decode(&read.data).unwrap(), secure);
    }

    #[test]
    fn damage_is_refused_or_read_but_never_a_panic(at in 0..600_usize, byte in any::<u8>(), cut in any::<bool>()) {
        let secure = SecureRequest::unsigned(REQUEST.to_owned()).encode();
        let transport = TRANSPORT.replace("e30=", &STANDARD.encode(&secure));
        for document in [transport.as_bytes(), &secure, REQUEST.as_bytes(), REPLY.as_bytes()] {
            let mut bytes = document.to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            drop((Transport::decode(&bytes), SecureRequest::decode(&bytes), SecureReply::decode(&bytes)));
            if let Ok(text) = std::str::from_utf8(&bytes) {
                drop((decode_request(text), decode_reply(text)));
            }
        }
    }
}
