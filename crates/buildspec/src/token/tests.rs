use super::*;

fn kind(token: &str) -> &'static str {
    match Verifier::of_token(token, "b", "t", 0).unwrap() {
        Verifier::Sha256 { .. } => "sha256",
        Verifier::Argon2id { .. } => "argon2id",
    }
}

#[test]
fn random_tokens_cost_a_digest_and_chosen_ones_a_slow_hash() {
    assert_eq!(kind("0123456789abcdef0123456789abcdef"), "sha256");
    assert_eq!(kind("0123456789abcdef0123456789abcde"), "argon2id");
    assert_eq!(kind("Zk3-9fQw_1LmN0pRsTuVwX"), "sha256");
    assert_eq!(kind("Zk3-9fQw_1LmN0pRsTuVw"), "argon2id");
    assert_eq!(kind("toomanysecrets"), "argon2id");
    assert_eq!(kind("correct-horse-battery-staple"), "argon2id");
}

#[test]
fn the_digest_is_over_salt_and_token() {
    let token = "0123456789abcdef0123456789abcdef";
    let Ok(Verifier::Sha256 { salt, digest }) = Verifier::of_token(token, "b", "t", 0) else {
        panic!("not a digest");
    };
    let mut bytes = salt.to_vec();
    bytes.extend(token.bytes());
    assert_eq!(Sha256::digest(&bytes).as_slice(), digest);
}

#[test]
fn the_slow_hash_can_be_verified_with_what_is_stored() {
    let Ok(Verifier::Argon2id {
        salt,
        digest,
        memory_kib,
        passes,
    }) = Verifier::of_token("toomanysecrets", "demo", "defaults", 0)
    else {
        panic!("not a slow hash");
    };
    assert_eq!((memory_kib, passes), (4096, 3));
    assert_eq!(argon2id("toomanysecrets", &salt).unwrap(), digest);
}

#[test]
fn salts_differ_by_build_target_and_position_and_repeat_otherwise() {
    let all = [
        derive_salt("a", "t", 0),
        derive_salt("b", "t", 0),
        derive_salt("a", "u", 0),
        derive_salt("a", "t", 1),
        derive_salt("at", "", 0),
    ];
    for (index, salt) in all.iter().enumerate() {
        assert!(!all[..index].contains(salt));
    }
    assert_eq!(derive_salt("a", "t", 0), all[0]);
}

#[test]
fn a_token_must_fit_a_request() {
    let refused = |token: &str| Verifier::of_token(token, "b", "t", 0).unwrap_err();
    assert_eq!(refused(""), Fault::TokenLength { length: 0 });
    assert_eq!(refused("x"), Fault::TokenLength { length: 1 });
    assert_eq!(
        refused(&"x".repeat(129)),
        Fault::TokenLength { length: 129 }
    );
    assert_eq!(refused("two\nlines"), Fault::Control);
}

#[test]
fn ready_made_verifiers_are_read() {
    let text = format!("sha256:{}:{}", "01".repeat(16), "ab".repeat(32));
    assert_eq!(
        Verifier::of_hash(&text),
        Ok(Verifier::Sha256 {
            salt: [1; 16],
            digest: [0xab; 32]
        })
    );
    let text = format!(
        "$argon2id$v=19$m=19456,t=2,p=1${}${}",
        STANDARD_NO_PAD.encode([7; 16]),
        STANDARD_NO_PAD.encode([9; 32])
    );
    let expected = Verifier::Argon2id {
        salt: [7; 16],
        digest: [9; 32],
        memory_kib: 19456,
        passes: 2,
    };
    assert_eq!(Verifier::of_hash(&text), Ok(expected));
}

#[test]
fn verifiers_that_a_node_could_not_use_are_refused() {
    let salt = STANDARD_NO_PAD.encode([7; 16]);
    let hash = STANDARD_NO_PAD.encode([9; 32]);
    let bad = [
        "toomanysecrets".to_owned(),
        format!("sha256:{}", "ab".repeat(32)),
        format!("sha256:0102:{}", "ab".repeat(32)),
        format!("$argon2i$v=19$m=4096,t=3,p=1${salt}${hash}"),
        format!("$argon2id$v=16$m=4096,t=3,p=1${salt}${hash}"),
        format!("$argon2id$v=19$m=4096,t=3,p=4${salt}${hash}"),
        format!("$argon2id$v=19$m=4000000,t=3,p=1${salt}${hash}"),
        format!("$argon2id$v=19$m=4096,t=300,p=1${salt}${hash}"),
        format!("$argon2id$v=19$m=4096,t=3,p=1$c2FsdA${hash}"),
        format!("$argon2id$v=19$m=4096,t=3,p=1${salt}$c2hvcnQ"),
    ];
    for text in bad {
        assert!(
            matches!(Verifier::of_hash(&text), Err(Fault::TokenHash { .. })),
            "{text}"
        );
    }
}
