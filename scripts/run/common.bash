# What the checks of this folder share; they source it. Each has a folder of its own in $folder.
#
#   PROGRAM=    an oidc-audit that is built already (default: the debug build of this clone)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
run=$PWD
root=$(cd ../.. && pwd)
# Tools stay in the build folder, which is no part of the repository.
tools=$root/.build/run-tools
folder=$(mktemp -d)
started=()
trap 'for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done; rm -rf "$folder"' EXIT

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Prints what a tool says only where it fails.
quiet() {
    "$@" >"$folder/said" 2>&1 || { cat "$folder/said" >&2; fail "$1 failed"; }
}

# What this machine can't have is left out, and said to be.
leave_out() {
    echo "left out: $*"
    exit 0
}

# Sets $program.
need_program() {
    program=${PROGRAM:-}
    if [[ -z $program ]]; then
        program=$(cd "$root" && swift build --show-bin-path)/oidc-audit
        [[ -x $program ]] || (cd "$root" && scripts/setup && swift build --product oidc-audit >&2)
    fi
    [[ -x $program ]] || fail "$program can't be run: name a built oidc-audit in PROGRAM"
}

# Starts an emulator with these options, and sets $address. It has printed its address when it can be asked.
start_emulator() {
    local descriptor
    exec {descriptor}< <(exec "$program" emulate "$@" 2>/dev/null)
    started+=($!)
    read -r -t 60 address <&"$descriptor" || fail "the emulator did not start: $*"
}

# Sets $found to a file of a Debian package, named by the end of its path. A package that is not installed is unpacked,
# not installed: a check must not start a daemon on the machine of whoever runs it.
debian_file() { # end of the path, package
    found=$(find /usr "$tools/debian" -path "*/$1" -not -type d -print -quit 2>/dev/null) || true
    [[ -z $found ]] || return 0
    command -v apt-get >/dev/null || return 1
    mkdir -p "$tools/debian" "$folder/packages"
    (
        cd "$folder/packages"
        apt-get download -qq "$2" >&2 2>/dev/null || { ((EUID == 0)) && apt-get update -qq >&2 && apt-get download -qq "$2" >&2; }
    ) || return 1
    dpkg-deb -x "$folder/packages/$2"_*.deb "$tools/debian"
    found=$(find "$tools/debian" -path "*/$1" -not -type d -print -quit)
    [[ -n $found ]]
}

# Puts the tools of requirements.txt on PATH.
need_python_tools() {
    local environment
    environment=$tools/python-$(sha256sum <"$run/requirements.txt" | cut -c 1-16)
    if [[ ! -e $environment/complete ]]; then
        "$root/scripts/need" python3 python3
        rm -rf "$tools"/python-*
        python3 -m venv "$environment" 2>/dev/null ||
            { "$root/scripts/need" pip3 python3-venv && python3 -m venv "$environment"; }
        "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$run/requirements.txt" >&2
        touch "$environment/complete"
    fi
    PATH=$environment/bin:$PATH
}
