#!/usr/bin/env bash
# A cluster on this machine without Docker: PostgreSQL, N silos, and how to reach them with the command line. Stop it with Ctrl-C.
#
#   tests/local-cluster.sh [--silos N] [--data DIR] [--port PORT]
#   tests/local-cluster.sh --start N [--data DIR] [--port PORT]      starts silo N again, beside a cluster that runs
#
#   --silos N     how many silos (3; at most 9)
#   --data DIR    where everything is kept between runs (./cluster); remove the folder to start anew
#   --port PORT   HTTP port of the first silo; the others follow (8081)
#
# Needs the .NET SDK, the Orleans packages and PostgreSQL's server (Debian: postgresql).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
silos=3 data=./cluster port=8081 start=

fail() { echo "local-cluster: $*" >&2; exit 2; }
while [ $# -gt 0 ]; do
    case $1 in
        --silos|--data|--port|--start) [ $# -ge 2 ] || fail "$1 needs a value"; declare "${1#--}=$2"; shift 2 ;;
        -h|--help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) fail "'$1' is not an option; --help lists them" ;;
    esac
done
[[ $silos =~ ^[1-9]$ ]] || fail "--silos is '$silos'; allowed: 1 to 9"
[[ $start =~ ^[1-9]?$ ]] || fail "--start is '$start'; allowed: 1 to 9"
[[ $port =~ ^[0-9]+$ ]] && [ "$port" -ge 1024 ] && [ "$port" -le 65000 ] || fail "--port is '$port'; allowed: 1024 to 65000"
bin=$root/artifacts/orleans/bin
postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1) || true
[ -n "$postgres" ] || fail "PostgreSQL's server is not installed (Debian: apt-get install postgresql)"

umask 077
mkdir -p "$data"
data=$(cd "$data" && pwd)

# The database is reached through a socket, whose path the system limits: 107 bytes with the 14 of /.s.PGSQL.5432.
sockets=$data/sockets
[ "$(printf %s "$sockets" | wc -c)" -le 93 ] \
    || fail "the path of the database's sockets, $sockets, has $(printf %s "$sockets" | wc -c) bytes; allowed are 93. Choose a shorter folder with --data"

run_silo() {
    MARKET_DATABASE="Host=$sockets;Username=marketplace;Database=marketplace" \
        exec dotnet "$bin/Silo/release/Marketplace.Silo.dll" --name "silo-$1" --data "$data/silo-$1" --blob-folder "$data/blobs" \
        --urls "http://127.0.0.1:$((port + $1 - 1))" --silo-port 0
}
if [ -n "$start" ]; then
    [ -e "$sockets/.s.PGSQL.5432" ] || fail "no cluster runs in $data: there is no database. Start one without --start"
    [ -e "$bin/Silo/release/Marketplace.Silo.dll" ] || fail "the silo is not built in $bin"
    run_silo "$start"
fi

# PostgreSQL refuses to run as root; its folder then belongs to the user that Debian's package made.
as=()
if [ "$(id -u)" = 0 ]; then
    as=(setpriv --reuid postgres --regid postgres --clear-groups)
    chmod 711 "$data"
fi
if [ -s "$data/postgres/PG_VERSION" ] && "${as[@]}" "$postgres/pg_ctl" -D "$data/postgres" status >/dev/null 2>&1; then
    fail "a cluster runs in $data. Start one of its silos again with --start N, or another cluster with --data DIR"
fi
mkdir -p "$sockets"
pids=()
stop() {
    trap - EXIT INT TERM
    [ ${#pids[@]} -eq 0 ] || kill -TERM "${pids[@]}" 2>/dev/null || true
    wait "${pids[@]}" 2>/dev/null || true
    "${as[@]}" "$postgres/pg_ctl" -D "$data/postgres" -m fast stop >/dev/null 2>&1 || true
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ ${#as[@]} -eq 0 ] || chown postgres "$sockets"
if [ ! -s "$data/postgres/PG_VERSION" ]; then
    mkdir -p "$data/postgres"
    [ ${#as[@]} -eq 0 ] || chown postgres "$data/postgres"
    "${as[@]}" "$postgres/initdb" -D "$data/postgres" -U marketplace --auth=trust --encoding=UTF8 --locale=C >/dev/null
fi
# Only a socket in a folder of this user, no port: nobody else reaches it, so it needs no password.
"${as[@]}" "$postgres/pg_ctl" -D "$data/postgres" -w -l "$data/postgres/log" -o "-c listen_addresses='' -c unix_socket_directories='$sockets'" start >/dev/null \
    || fail "PostgreSQL did not start; see $data/postgres/log"
"${as[@]}" "$postgres/psql" -h "$sockets" -U marketplace -d postgres -Atqc "select 1 from pg_database where datname = 'marketplace'" | grep -q 1 \
    || "${as[@]}" "$postgres/createdb" -h "$sockets" -U marketplace marketplace

dotnet build "$root/silo" -c Release -p:GrainHost=orleans -v quiet --nologo
dotnet build "$root/clients/Cli" -c Release -p:GrainHost=orleans -v quiet --nologo

for n in $(seq 1 "$silos"); do
    rm -f "$data/silo-$n/url"
    run_silo "$n" >>"$data/silo-$n.log" 2>&1 &
    pids+=($!)
    # One after the other, so that the first makes the operator's account.
    while [ ! -s "$data/silo-$n/url" ]; do
        kill -0 "${pids[-1]}" 2>/dev/null || { cat "$data/silo-$n.log" >&2; fail "silo $n did not start"; }
        sleep 0.1
    done
    echo "silo $n   $(cat "$data/silo-$n/url")   process ${pids[-1]}   log $data/silo-$n.log"
done

echo
echo "Submit a job to any of them, with the key of the first:"
echo "  $bin/Cli/release/market --data $data/silo-1 job run $root/programs/echo/echo.wasm --text 'hello marketplace'"
echo "  $bin/Cli/release/market --data $data/silo-1 --url http://127.0.0.1:$((port + silos - 1)) job list"
echo "Kill one with 'kill -9 PROCESS': the others go on. Start it again, here silo $silos, with:"
echo "  $root/tests/local-cluster.sh --start $silos --data $data --port $port"
echo "Ctrl-C stops all that this command started."
alive=("${pids[@]}")
while [ ${#alive[@]} -gt 0 ]; do
    { wait -n "${alive[@]}" || true; } 2>/dev/null
    left=()
    for pid in "${alive[@]}"; do
        if kill -0 "$pid" 2>/dev/null; then left+=("$pid"); else echo "Process $pid has stopped."; fi
    done
    alive=(${left[@]+"${left[@]}"})
done
echo "All silos have stopped."
