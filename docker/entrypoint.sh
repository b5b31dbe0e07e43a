#!/bin/sh
# Starts `holodeck serve` from the environment. Wrong input ends here with a sentence, not in a traceback.
#
# The server is a child and signals are passed on: as process 1 it would shut down on SIGTERM and then never
# end, because uvicorn raises the signal again and the kernel ignores a default action for process 1.
set -eu

fail() {
    echo "holodeck-entrypoint: $1" >&2
    exit 64 # EX_USAGE of sysexits.h
}

port="${HOLODECK_PORT:-8080}"
protocol="${HOLODECK_PROTOCOL:-rest}"
config="${HOLODECK_AGENT_CONFIG:-/app/agent.yaml}"
level="${HOLODECK_LOG_LEVEL:-info}"
host="${HOLODECK_HOST:-0.0.0.0}"

case "$port" in
    '' | *[!0-9]* | ??????*) fail "HOLODECK_PORT must be a number from 1 to 65535, not '$port'" ;;
esac
if [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then
    fail "HOLODECK_PORT must be a number from 1 to 65535, not '$port'"
fi
case "$protocol" in
    rest | ag-ui) ;;
    *) fail "HOLODECK_PROTOCOL must be rest or ag-ui, not '$protocol'" ;;
esac
case "$level" in
    debug | DEBUG) noise=--verbose ;;
    info | INFO) noise= ;;
    warning | WARNING | error | ERROR | critical | CRITICAL) noise=--quiet ;;
    *) fail "HOLODECK_LOG_LEVEL must be debug, info, warning or error, not '$level'" ;;
esac
[ -f "$config" ] || fail "there is no agent file at '$config' (HOLODECK_AGENT_CONFIG)"
[ -r "$config" ] || fail "the agent file '$config' cannot be read by user $(id -u)"
command -v holodeck >/dev/null || fail "the base image has no holodeck command on its PATH"

# Relative paths of agent.yaml start at its folder.
cd "$(dirname "$config")"
holodeck serve "$config" --host "$host" --port "$port" --protocol "$protocol" ${noise:+"$noise"} "$@" &
server=$!
asked=
stop() {
    asked=1
    kill -s "$1" "$server" 2>/dev/null || true
}
trap 'stop TERM' TERM
trap 'stop INT' INT
trap 'stop HUP' HUP
trap 'stop QUIT' QUIT

# `wait` returns early when a trap runs; the server's own end is what counts.
status=0
wait "$server" || status=$?
while kill -0 "$server" 2>/dev/null; do
    status=0
    wait "$server" || status=$?
done
# Ended by the signal that we were asked to pass on: that is a clean stop.
if [ -n "$asked" ] && [ "$status" -gt 128 ]; then
    status=0
fi
exit "$status"
