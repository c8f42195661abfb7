# Sourced by scripts that play a story against the emulator. Sets $folder and $program; the caller names itself in $story.
folder=$(mktemp -d)
emulator=
trap '[ -z "$emulator" ] || kill "$emulator"; rm -rf "$folder"' EXIT
program=${PROGRAM:-$(swift build --show-bin-path)/oidc-audit}
[ -x "$program" ] || swift build --product oidc-audit >&2

# Starts the emulator of a world, which each step uses. GitHub allows 500 writes an hour; the emulator has no such limit.
emulate() {
    "$program" emulate --world "$1" >"$folder/address" 2>/dev/null &
    emulator=$!
    for _ in $(seq 100); do [ -s "$folder/address" ] && break; sleep 0.1; done
    address=$(cat "$folder/address")
    export GH_ENTERPRISE_TOKEN=any OIDC_AUDIT_API_URL=$address OIDC_AUDIT_DB=$folder/history.sqlite
    export OIDC_AUDIT_WRITES_PER_MINUTE=1000000 OIDC_AUDIT_WRITES_PER_HOUR=1000000
}

# Runs a step, prints it, and holds it against its exit status and the length of a screen.
step() {
    local expected=$1 status=0 began=$SECONDS stream
    shift
    echo "== oidc-audit $*" | sed "s|$folder/||g"
    (cd "$folder" && "$program" "$@" >out 2>err) || status=$?
    cat "$folder/out" "$folder/err"
    echo "== exit status $status, $((SECONDS - began)) s"
    echo
    [ "$status" -eq "$expected" ] || { echo "$story: exit status $status, not $expected" >&2; exit 1; }
    # What was planned and what came of it are two screens: the second begins with the number of the changes.
    for stream in out err; do
        awk -v what="$stream of $*" -v story="$story" '
            /^#[0-9]+  / { lines = 0 }
            ++lines > 40 { print story ": more than 40 lines: " what > "/dev/stderr"; exit 1 }' "$folder/$stream"
    done
}
