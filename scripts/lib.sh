# Shared by the scripts beside it; sourced, never run.
#
# need_apt COMMAND PACKAGE…  installs Debian packages when COMMAND is missing, or says exactly what to install.
# need_cc                    the same for a C compiler together with the headers of the C library.
# need_rust                  makes the pinned toolchain available.
# need_target TRIPLE         the standard library for another machine.
# has_cc, has_rust           whether these would have nothing to do.

# where Debian puts daemons such as nats-server; not on the path of ordinary users
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else return 127; fi
}

need_apt() {
    command -v "$1" >/dev/null && return 0
    install_apt "$@"
    command -v "$1" >/dev/null || die "${*:2} is installed, but $1 is still not found"
}

install_apt() {
    local command=$1
    shift
    if ! command -v apt-get >/dev/null; then
        die "$command is missing: please install it (the Debian packages are: $*)"
    fi
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        die "$command is missing, and there is no sudo to install it; run this as root: apt-get install $*"
    fi
    say "installing $* (for $command)"
    local log
    log=$(mktemp)
    if ! { apt_lists && as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        die "$command is missing and could not be installed; run this as root: apt-get install $*"
    fi
    rm -f "$log"
}

# Once a run is enough.
apt_lists() {
    [ -z "${apt_lists_are_new:-}" ] || return 0
    as_root apt-get update -qq && apt_lists_are_new=yes
}

# Debian's gcc alone has no headers of the C library.
has_cc() { command -v cc >/dev/null && cc -E -x c -include stdio.h /dev/null >/dev/null 2>&1; }

need_cc() {
    has_cc || install_apt cc gcc libc6-dev
    has_cc || die "the C compiler cc does not work: cc -include stdio.h fails"
}

rust_channel() { sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml; }

find_cargo() {
    [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
    command -v cargo >/dev/null || die "cargo is missing: install Rust with rustup, see https://rustup.rs"
}

has_rust() { ! command -v rustup >/dev/null || rustup run "$(rust_channel)" rustc --version >/dev/null 2>&1; }

need_rust() {
    find_cargo
    local channel
    channel=$(rust_channel)
    if ! has_rust; then
        say "installing Rust $channel"
        rustup toolchain install "$channel" --profile minimal --component clippy --component rustfmt --no-self-update
    fi
    if command -v rustup >/dev/null; then
        local part
        for part in clippy rustfmt; do
            rustup component list --toolchain "$channel" --installed 2>/dev/null | grep -q "^$part" ||
                rustup component add --toolchain "$channel" "$part"
        done
    fi
    # cargo-clippy and cargo-fmt may come from elsewhere; what counts is that they run
    cargo --version >/dev/null || die "cargo does not run"
}

need_target() {
    command -v rustup >/dev/null || return 0
    local channel
    channel=$(rust_channel)
    rustup target list --toolchain "$channel" --installed | grep -qx "$1" ||
        rustup target add --toolchain "$channel" "$1"
}
