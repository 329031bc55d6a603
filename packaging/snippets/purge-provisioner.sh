    rm -f "{{etcdir}}/provisioner.yaml" "{{etcdir}}/client.conf" "{{etcdir}}/template.toml" "{{etcdir}}/token"
    rm -f "{{statedir}}/journal.jsonl" "{{statedir}}/lock"
    rmdir "{{statedir}}" 2>/dev/null || true
    say "removed the provisioner's configuration and its journal: {{etcdir}}, {{statedir}}"
    if [ -e "{{statedir}}/ca" ]; then
        say "the authority in {{statedir}}/ca stays, because nothing brings it back: remove it yourself"
    fi
