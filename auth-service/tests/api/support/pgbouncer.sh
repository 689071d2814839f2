# PgBouncer in transaction mode for one test: `sh pgbouncer.sh <empty folder> <folder of PostgreSQL's socket>`.
# It prints "ready" once it accepts connections. It stops and deletes the folder when standard input is closed.
folder=$1 server=$2
if [ "$(id -u)" = 0 ]; then
    # PgBouncer refuses to run as root.
    chown postgres: "$folder"
    exec setpriv --reuid=postgres --regid=postgres --init-groups sh "$0" "$folder" "$server"
fi
cd "$folder" || exit
trap '' HUP INT PIPE TERM
PATH="$PATH:/usr/sbin"
cat >pgbouncer.ini <<CONFIG
[databases]
* = host=$server user=postgres
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = $folder
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 400
logfile = $folder/log
CONFIG
pgbouncer pgbouncer.ini >/dev/null 2>&1 3>&- &
pid=$!
while [ ! -S .s.PGSQL.6432 ] && kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
if [ -S .s.PGSQL.6432 ]; then echo ready; else cat log; fi 2>/dev/null
cat >/dev/null
kill "$pid"
wait "$pid"
rm -rf "$folder"
