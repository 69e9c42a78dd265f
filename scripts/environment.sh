# Sourced by the scripts beside it, with $root set: makes .venv with what they need, out of python3
# and pip alone, and does nothing when it is there.  Speaks on standard error only.

venv="$root/.venv"

say() { printf 'matcalc: %s\n' "$*" >&2; }

# prepare [EXTRA]: .venv can run matcalc, or with the extra `test` its checks too
prepare() {
    local extra="${1:-}" wanted
    wanted="$root $(cksum <"$root/pyproject.toml")"
    prepared "$wanted" "$extra" && return 0
    mkdir -p "$venv"
    if command -v flock >/dev/null 2>&1; then
        (
            flock 9
            prepared "$wanted" "$extra" || install "$wanted" "$extra"
        ) 9>"$venv/.lock"
    else
        (
            locked_by_folder "$venv/.locked"
            prepared "$wanted" "$extra" || install "$wanted" "$extra"
        )
    fi
}

# prepared WANTED EXTRA: the stamp says that this was installed, from this folder
prepared() {
    local wanted extra=""
    [ -x "$venv/bin/python" ] && [ -r "$venv/.installed" ] || return 1
    { read -r wanted && read -r extra; } <"$venv/.installed" || [ -n "$wanted" ] || return 1
    [ "$wanted" = "$1" ] && { [ -z "$2" ] || [ "$extra" = "$2" ]; }
}

# install WANTED EXTRA
install() {
    local python pip target="$root"
    [ -z "$2" ] || target="$root[$2]"
    python=$(find_python) || {
        say "needs Python 3.11 or newer, and found none"
        return 2
    }
    say "preparing .venv, once ..."
    if ! "$venv/bin/python" -c '' >/dev/null 2>&1; then
        # without ensurepip (some distributions split it off) the pip of python3 serves
        "$python" -m venv "$venv" >/dev/null 2>&1 ||
            "$python" -m venv --without-pip "$venv" >&2 || return 2
    fi
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        pip=("$venv/bin/python" -m pip)
    else
        pip=("$python" -m pip --python "$venv/bin/python")
    fi
    if "${pip[@]}" install --quiet --disable-pip-version-check --no-input \
        --editable "$target" </dev/null >&2; then
        printf '%s\n%s\n' "$1" "$2" >"$venv/.installed.new"
        mv -f "$venv/.installed.new" "$venv/.installed"
    elif [ -z "$2" ] && (cd / && "$venv/bin/python" -c 'import typer, rich, numpy, matcalc') \
        >/dev/null 2>&1; then
        say "could not bring .venv up to date; going on with what is there"
    else
        say "could not install what is needed into .venv; is there a network?"
        return 2
    fi
}

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# where there is no flock: a folder is made by one process only; its owner's death frees it
locked_by_folder() {
    until mkdir "$1" 2>/dev/null; do
        if [ -r "$1/owner" ] && ! kill -0 "$(cat "$1/owner")" 2>/dev/null; then
            rm -rf "$1"
        else
            sleep 0.2
        fi
    done
    echo "$$" >"$1/owner"
    # shellcheck disable=SC2064  # the folder's name as it is now
    trap "rm -rf '$1'" EXIT
}
