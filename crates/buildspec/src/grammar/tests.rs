use super::*;

fn check<T>(rule: &Rule<T>, good: &[&str], bad: &[&str]) {
    for text in good {
        assert!((rule.read)(text).is_some(), "{text:?} is {}", rule.wanted);
    }
    for text in bad {
        assert!(
            (rule.read)(text).is_none(),
            "{text:?} is not {}",
            rule.wanted
        );
    }
}

#[test]
fn names_fit_into_both_formats_and_into_accounts() {
    let long = "a".repeat(32);
    check(
        &NAME,
        &["acme-muster", "a+b.c-9", &long[..31]],
        &[
            "", "a", "Acme", "9a", "-a", "a_b", "a b", "ä1", "a/b", &long,
        ],
    );
    check(
        &GROUP,
        &["acme-muster", "_x", "root"],
        &["", "Acme", "9a", "-a", "a.b", "a b", &long],
    );
}

#[test]
fn folders_are_absolute_and_plain() {
    check(
        &FOLDER,
        &["/opt/acme-muster/sbin", "/a", "/etc/x@y~1+2_3.d"],
        &[
            "",
            "/",
            "opt/x",
            "./x",
            "/opt//x",
            "/opt/../x",
            "/opt/./x",
            "/opt/",
            "/a b",
            "/a$b",
            "/a%b",
            "/a\"b",
            "/a\nb",
            "C:\\x",
            "/ä",
        ],
    );
}

#[test]
fn releases_and_distributions_can_be_parts_of_versions() {
    check(
        &RELEASE,
        &["1", "0.1~rc2", "2.el"],
        &["", "el", "1-2", "1_2", "1 2", ".1"],
    );
    check(
        &DIST,
        &["el", "el8_6", "7"],
        &["", ".el", "el-7", "e l", "{{dist}}"],
    );
    check(&DISTRO, &["bookworm", "12+x"], &["", "-x", "a_b", "a-b"]);
}

#[test]
fn contacts_are_people_or_addresses() {
    check(
        &CONTACT,
        &[
            "admins@example.net",
            "Acme & Sons! \"it's\" ok, <a.b+c@example.net>",
            "Jürgen <j@localhost>",
        ],
        &[
            "",
            "Acme",
            "<a@b>",
            " <a@b>",
            "Acme<a@b>",
            "A <B> <a@b>",
            "Acme <a@b> x",
            "Acme <a>",
            "Acme <@b>",
            "a@",
            "a@b c",
            "a@b@c",
            "Acme\nX <a@b>",
            "Ac\u{7}me <a@b>",
            "Acme\u{2028} <a@b>",
        ],
    );
}

#[test]
fn switches_are_numbers_or_words() {
    assert_eq!((SWITCH.read)("1"), Some(true));
    assert_eq!((SWITCH.read)("false"), Some(false));
    check(&SWITCH, &["0", "true"], &["", "yes", "2", "True", "on"]);
}

#[test]
fn texts_have_the_lines_they_may_have() {
    check(&LINE, &["Acme's agent & co"], &["", " ", "a\nb", "a\tb"]);
    check(&PARAGRAPHS, &["a\n\nb\n"], &["", "\n", "a\u{1b}b"]);
    check(
        &URL,
        &["https://example.net/a?b"],
        &["", "example.net", "https://", "ftp://a", "https://a b"],
    );
    check(
        &LICENSE,
        &["Apache-2.0", "MIT OR (GPL-2.0+ AND LicenseRef-Acme)"],
        &["", " ", "()", "a\nb", "a/b"],
    );
    check(&FILE, &["LICENSE.acme", "/a b"], &["", "a\nb"]);
}

#[test]
fn payloads_and_headers_have_known_kinds() {
    check(
        &COMPRESSION,
        &["gzip", "xz", "zstd"],
        &["", "bzip2", "Gzip"],
    );
    check(&RPM_FORMAT, &["v4", "v6"], &["", "4", "v5"]);
}

#[test]
fn crates_are_pinned() {
    check(
        &AGENT,
        &["choria_provision", "a1"],
        &["", "1a", "A", "a-b", "a.b"],
    );
    check(
        &CRATE,
        &["acme-agent", "A_b"],
        &["", "1a", "-a", "a.b", "a b"],
    );
    check(
        &EXACT_VERSION,
        &["=1.2.0", "=1.2.0-rc.1", "=0.1.0+x"],
        &[
            "", "1.2.0", "=1.2", "=1.2.x", "^1.2.0", "=1.2.0-", "=1.2.3.4", "= 1.2.0",
        ],
    );
    check(
        &COMMIT,
        &["0123456789abcdef0123456789abcdef01234567"],
        &[
            "",
            "main",
            "0123456",
            "v1.2.3",
            "0123456789abcdef0123456789abcdef0123456g",
        ],
    );
}
