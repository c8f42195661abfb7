# Sourced by scripts that play a story against the emulator. Sets $folder and $program; the caller names itself in $story.
scripts/need script bsdutils
folder=$(mktemp -d)
emulator=
trap '[ -z "$emulator" ] || kill "$emulator"; rm -rf "$folder"' EXIT
program=${PROGRAM:-$(swift build --show-bin-path)/oidc-audit}
[ -x "$program" ] || swift build --product oidc-audit >&2

# Starts the emulator of a world, which each step uses. GitHub allows 500 writes an hour; the emulator has no such limit,
# and a story that is about something else does not wait.
emulate() {
    "$program" emulate --world "$1" >"$folder/address" 2>/dev/null &
    emulator=$!
    for _ in $(seq 100); do [ -s "$folder/address" ] && break; sleep 0.1; done
    address=$(cat "$folder/address")
    export GH_ENTERPRISE_TOKEN=any OIDC_AUDIT_API_URL=$address OIDC_AUDIT_DB=$folder/history.sqlite
    export OIDC_AUDIT_WRITES_PER_MINUTE=1000000 OIDC_AUDIT_WRITES_PER_HOUR=1000000
}

# Runs a step, prints it, and holds it against its exit status and the length of a screen.
step() { play_step '' "$@"; }

# The same on a terminal of 80 columns, as a person sees it in the end: a line that is drawn over and over is none.
screen() { play_step terminal "$@"; }

play_step() {
    local where=$1 expected=$2 status=0 began=$SECONDS command
    shift 2
    echo "== oidc-audit $*" | sed "s|$folder/||g"
    if [ "$where" ]; then
        printf -v command '%q ' "$program" "$@"
        (cd "$folder" && NO_COLOR=1 TERM=xterm script -qec "stty cols 80 rows 40; exec $command" /dev/null \
            </dev/null >typed) || status=$?
        # What was drawn over is gone.
        sed -E -e 's/\r+$//' -e 's/.*(\r|\x1b\[K)//' "$folder/typed" >"$folder/shown"
    else
        (cd "$folder" && "$program" "$@" >shown 2>err) || status=$?
        cat "$folder/err" >>"$folder/shown"
    fi
    cat "$folder/shown"
    echo "== exit status $status, $((SECONDS - began)) s"
    echo
    [ "$status" -eq "$expected" ] || { echo "$story: exit status $status, not $expected" >&2; exit 1; }
    # Both streams, and a long line is as many as a terminal makes of it.
    awk -v what="$*" -v story="$story" '
        { lines += length($0) > 80 ? int((length($0) + 79) / 80) : 1 }
        END { if (lines > 40) { print story ": " lines " lines, more than 40: " what > "/dev/stderr"; exit 1 } }' \
        "$folder/shown"
}
