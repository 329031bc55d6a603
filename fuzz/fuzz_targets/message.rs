//! Everything that a peer sends: transport, secure layer, request, reply, body. Nothing may panic, and what was decoded
//! must survive being written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use muster::protocol::body::RpcReply;
use muster::protocol::body::RpcRequest;
use muster::protocol::v1;

fuzz_target!(|data: &[u8]| {
    if let Ok(transport) = v1::Transport::decode(data) {
        assert_eq!(
            v1::Transport::decode(&transport.encode()).unwrap(),
            transport
        );
        inner(&transport.data);
    }
    inner(data);
});

fn inner(data: &[u8]) {
    if let Ok(secure) = v1::SecureRequest::decode(data) {
        request(&secure.message);
    }
    if let Ok(secure) = v1::SecureReply::decode(data)
        && let Ok(reply) = v1::decode_reply(&secure.message)
    {
        drop(RpcReply::decode(&reply.body));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        request(text);
        drop(v1::decode_reply(text));
    }
}

fn request(text: &str) {
    if let Ok(request) = v1::decode_request(text) {
        assert_eq!(
            v1::decode_request(&v1::encode_request(&request)).unwrap(),
            request
        );
        drop(RpcRequest::decode(&request.payload()));
    }
}
