# A PostgreSQL server for one test run: `sh postgres.sh <folder of its programs> <empty folder>`.
# It prints "ready" once it accepts connections. It stops and deletes the folder when standard input is closed, which the
# kernel does however the parent process ends.
programs=$1 folder=$2
PATH="$programs:$PATH"
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    chown postgres: "$folder"
    exec setpriv --reuid=postgres --regid=postgres --init-groups sh "$0" "$programs" "$folder"
fi
cd "$folder" || exit
# Only the closed input stops it, even if nobody reads "ready".
trap '' HUP INT PIPE TERM
# Durability does not matter here.
initdb --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >log 2>&1 &&
    pg_ctl --pgdata=data --log=log --wait start -o "-h '' -k '$folder' -c fsync=off -c synchronous_commit=off \
        -c full_page_writes=off -c max_connections=400 -c shared_buffers=32MB" >/dev/null 2>&1
if [ $? = 0 ]; then echo ready; else cat log; fi 2>/dev/null
cat >/dev/null
pg_ctl --pgdata=data --mode=immediate --wait stop >/dev/null 2>&1
rm -rf "$folder"
