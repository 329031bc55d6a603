# The part of scripts/demo in which a program does what the operator did by hand; sourced, never run.

readonly provisioner=provisioner/provisioner.yaml
readonly crowd=50
# web2, db1 and the crowd; web1 is there already
readonly by_itself=$((crowd + 2))
readonly everybody=$((by_itself + 1))
# the process that shows how nodes go through
watcher=

# ---- its files ----

# The provisioner is a client of the two networks, as the operator is one. To listen in production it needs a certificate.
provisioner_files() {
    printf '%s' "$token" >provisioner/token
    chmod 600 provisioner/token
    certificate provisioner/provisioner prov1.example.net 'subjectAltName=DNS:prov1.example.net
extendedKeyUsage=clientAuth'
    client prov1.example.net provisioning "$port" >provisioner/waiting.conf
    {
        client prov1.example.net mcollective "$production_port"
        client_certificate provisioner/provisioner
    } >provisioner/production.conf
    template >provisioner/template.toml
    provisioner_configuration >$provisioner
}

template() {
    cat <<END
[configuration]
collectives = "mcollective"
plugin.choria.middleware_hosts = "127.0.0.1:$production_port"
plugin.choria.use_srv = "false"
plugin.security.provider = "file"
plugin.security.file.certificate = "{{ ssldir }}/certificate.pem"
plugin.security.file.key = "{{ ssldir }}/private.pem"
plugin.security.file.ca = "{{ ssldir }}/ca.pem"
plugin.yaml = "$run/nodes/{{ facts.name }}/metadata.json"
plugin.choria.status_file_path = "$run/nodes/{{ facts.name }}/status.json"
logfile = "$run/nodes/{{ facts.name }}/muster.log"
rpcauthorization = "0"

# later blocks win; a setting that comes out empty is left out
[[when]]
facts = ["role=sensor"]
[when.configuration]
plugin.yaml = "$run/sensors/facts.json"
plugin.choria.status_file_path = ""
logfile = "discard"
END
}

provisioner_configuration() {
    cat <<END
# who decides what a node becomes: the built-in authority, by this template
helper: builtin
builtin:
  ca_directory: $run/ca
  template: $run/provisioner/template.toml
  validity: 90d
# what nodes ask of a provisioner
token: { file: $run/provisioner/token }
# nodes get a certificate for a key of their own, under their own name and no other
features: { pki: true }
cert_allow_list: [identity]
# a node may come again while its certificate is still good; "ask" would wait for a person's word
reissue: allow
# nodes that it works on at the same time
workers: 8
# the other network, where it hears that nodes arrived
production_config: $run/provisioner/production.conf
state_directory: $run/provisioner/state
control_socket: $run/control.sock
END
}

# ---- it starts ----

start_provisioner() {
    tell "web1 took one operator four commands. muster-provisioner does the same with every node that waits. It needs" \
        "a certificate authority, which it has since the beginning of this story, and somebody who decides what a node" \
        "becomes: a script of your own, or, as here, a template."
    provisioner_files
    show "facts.name" "cat provisioner/template.toml"
    show "helper: builtin" "cat $provisioner"
    tell "Before it starts it can be asked whether it would work."
    show "good: the helper" "muster-provisioner check --config $provisioner --choria-config provisioner/waiting.conf"
    printf '\n$ muster-provisioner run --config %s --choria-config provisioner/waiting.conf &\n' "$provisioner"
    launch provisioner/provisioner.log provisioner "$run/bin/muster-provisioner" run \
        --config "$run/$provisioner" --choria-config "$run/provisioner/waiting.conf"
    eventually 20 have_arrived 2 || die "
web2 and db1 were not provisioned: $(tail -n 3 provisioner/provisioner.log)"
    tell "web2 and db1 were still waiting. They are in production by now: \"provisioned\" is who was told to restart," \
        "\"confirmed\" who was heard of in production after that."
    show "db1.example.net" "muster-provisioner hosts --config $provisioner"
}

# have_arrived COUNT: so many nodes are in production, by the provisioner and not before it
have_arrived() {
    muster-provisioner status --json --config $provisioner 2>/dev/null | grep -q "^    \"confirmed\": $1,\{0,1\}$"
}

# is_known PATTERN: the provisioner heard of a node of such a name
is_known() { muster-provisioner hosts --json --config $provisioner "$1" 2>/dev/null | grep -q '"identity"'; }

# ---- a crowd ----

start_crowd() {
    tell "Now $crowd nodes at once. muster-fleet runs them in one process, each with the agent's own code, its own" \
        "directory, connection and certificate. So that this machine need not make $crowd keys first, they share ten."
    printf '%s\n' '{"role": "sensor", "location": "fra", "cpus": 1}' >sensors/facts.json
    show "" "muster-fleet keys --count 10 --out sensors/keys.pem 2>/dev/null"
    local command="muster-fleet run --nodes $crowd --prefix sensor --broker nats://127.0.0.1:$port --tls unverified \\
    --token $token --keys keys.pem --facts facts.json --root . --arrive-within 6 --until forever"
    printf '\n$ (cd sensors && %s) &\n' "$command"
    eval "launch sensors/fleet.log sensors $command"
    eventually 60 is_known sensor || die "
The $crowd nodes do not reach their broker."
    watch_hosts
    tell "All of them are in production, and the provisioner has it from themselves."
    show "$by_itself confirmed" "muster-provisioner status --config $provisioner | grep -e Ready -e Nodes -e start"
}

# On a terminal the table takes the whole screen, so what was told until now is moved up first.
watch_hosts() {
    printf '\n$ muster-provisioner hosts --watch --config %s\n' "$provisioner"
    if [ -t 1 ]; then
        sleep 1
        local lines
        lines=$(stty size 2>/dev/null </dev/tty | cut -d' ' -f1) || lines=24
        printf '%*s' "${lines:-24}" '' | tr ' ' '\n'
    fi
    muster-provisioner hosts --watch --config $provisioner &
    end_watch "$!" 120 have_arrived $by_itself || die "
Not all nodes came into production: $(muster-provisioner hosts --config $provisioner | tail -n 1)"
}

# end_watch PROCESS SECONDS COMMAND…: once the command is true, the watcher is interrupted, as a person would with Ctrl-C
end_watch() {
    local status=0
    watcher=$1
    shift
    eventually "$@" || status=1
    # it looks once a second, and should see the end
    [ "$status" != 0 ] || sleep 1.1
    stop_watching
    return "$status"
}

stop_watching() {
    [ -n "$watcher" ] || return 0
    kill -s INT "$watcher" 2>/dev/null || true
    wait "$watcher" || true
    watcher=
}

# ---- and back again ----

send_back() {
    tell "A node can be sent back: its owner wants it set up anew, with what the template says today. The request is" \
        "signed by the operator and carries the token. db1 gives up its place, calls home, and this time nobody types" \
        "anything."
    show "1 / 1" "muster req choria_provision reprovision token=$token --config $fleet -I db1.example.net"
    printf '\n$ muster-provisioner hosts --watch db1 --config %s | cat\n' "$provisioner"
    mkfifo provisioner/watched
    sed -u 's/^/    /' provisioner/watched &
    local reader=$!
    muster-provisioner hosts --watch db1 --config $provisioner >provisioner/watched &
    end_watch "$!" 120 came_again db1.example.net || die "
db1 does not come into production again."
    wait "$reader" || true
    show "db1.example.net" "muster-provisioner ca list ca --identity db1.example.net"
    eventually 20 answers db1.example.net || die "
db1 does not answer in production."
    show "1 replies" "muster ping --config $fleet -I db1.example.net --expect 1"
}

# stands STANDING NODE: in the provisioner's table
stands() {
    muster-provisioner hosts --state "$1" --json --config $provisioner 2>/dev/null | grep -q "\"identity\": \"$2\""
}

# came_again NODE: what the authority issued since is in use
came_again() {
    [ "$(muster-provisioner ca list ca --json --identity "$1" | wc -l)" = 2 ] && stands confirmed "$1"
}

answers() { muster ping --config $fleet -I "$1" --expect 1 --timeout 2 >/dev/null 2>&1; }
