# Runs the named parts of a test command one after the other. Sourced by scripts/test and scripts/test_full, which
# define
#
#     parts       their names, in order
#     describe    one line about a part
#     part_NAME   the part; it runs in a shell of its own and fails with its first command that fails
#     on_failure  stop or continue
#     after_part  NAME OUTCOME SECONDS, if there is something to do when a part has ended
#
# and then call `run_parts "$@"`. The last line of the output counts the parts.
set -euo pipefail
shopt -s inherit_errexit

passed=()
failed=()
notes=

run_parts() {
    case ${1-} in
    --list | --help | -h)
        list_parts
        exit
        ;;
    esac
    local part chosen=("$@")
    [ $# -gt 0 ] || chosen=("${parts[@]}")
    for part in "${chosen[@]}"; do
        [[ " ${parts[*]} " == *" $part "* ]] || fail "There is no part $part. The parts: ${parts[*]}"
    done
    # What a developer has set for their own yuyi must not decide a test.
    unset "${!YUYI_@}"
    notes=$(mktemp)
    trap finish EXIT
    for part in "${chosen[@]}"; do
        # Plainly, not in a condition: bash would let a part go on after a command of it that fails.
        run_part "$part"
        [ ${#failed[@]} = 0 ] || [ "$on_failure" = continue ] || exit 1
    done
    [ ${#failed[@]} = 0 ]
}

after_part() {
    :
}

run_part() {
    local status started=$SECONDS
    printf '\n=== %s: %s ===\n' "$1" "$(describe "$1")"
    # It counts as failed while it runs, so that an interrupt is told as one.
    failed+=("$1")
    set +e
    (
        set -e
        "part_$1"
    )
    status=$?
    set -e
    local outcome=passed
    [ $status = 0 ] || outcome=failed
    printf -- '--- %s: %s in %d s\n' "$1" "$outcome" $((SECONDS - started))
    if [ $status = 0 ]; then
        unset 'failed[-1]'
        passed+=("$1")
    fi
    after_part "$1" "$outcome" $((SECONDS - started))
}

list_parts() {
    local part
    for part in "${parts[@]}"; do
        printf '%-10s %s\n' "$part" "$(describe "$part")"
    done
}

finish() {
    local part
    echo
    cat "$notes"
    rm -f "$notes"
    for part in "${failed[@]}"; do
        echo "FAILED: $part ($(describe "$part")). Run it alone with: $0 $part"
    done
    echo "${#passed[@]} passed, ${#failed[@]} failed"
}

# Says something now and again at the end.
note() {
    echo "$*" | tee -a "$notes"
}

fail() {
    echo "$*" >&2
    exit 1
}
