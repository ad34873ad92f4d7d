#!/bin/sh
# A real Slurm of one node on loopback, from Debian's packages: for tests, as root, where
# no systemd runs. Everything but the packages and munge's key lies in FOLDER; the link
# /etc/slurm/slurm.conf leads there until the stop, for Snakemake's plugin hides
# SLURM_CONF from the jobs.
#
#   cluster/one_node_slurm.sh start FOLDER SLOTS
#   cluster/one_node_slurm.sh stop FOLDER
set -eu
LINK=/etc/slurm/slurm.conf

start() {
  [ "$(id -u)" = 0 ] || { echo "Starting a Slurm needs root." >&2; exit 1; }
  [ ! -e $LINK ] || { echo "$LINK is there: this machine has a Slurm." >&2; exit 1; }
  if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive \
      apt-get install -q -y --no-install-recommends slurm-wlm munge
  fi
  mkdir -p "$folder/state" "$folder/spool" /run/munge
  chown munge: /run/munge
  write_configuration >"$folder/slurm.conf"
  ln -s "$folder/slurm.conf" $LINK
  # The daemons outlive this script, so none may hold on to its output.
  runuser -u munge -- /usr/sbin/munged >"$folder/munged.log" 2>&1
  slurmctld >"$folder/slurmctld.out" 2>&1
  slurmd >"$folder/slurmd.out" 2>&1
  for _ in $(seq 30); do
    [ "$(sinfo --noheader --format=%t 2>/dev/null)" = idle ] && return
    sleep 1
  done
  echo "No idle node after 30 seconds. Read $folder/*.log." >&2
  exit 1
}

# `linuxproc` and `task/none` need no control groups, which containers often lack.
write_configuration() {
  memory=$(awk '/^MemTotal/ { print int($2 / 1024 * 0.9) }' /proc/meminfo)  # MB
  cat <<EOF
ClusterName=one-node
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
KillWait=5
MinJobAge=300
NodeName=$(hostname) NodeAddr=127.0.0.1 CPUs=$slots RealMemory=$memory
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
EOF
}

stop() {
  for pid_file in "$folder/slurmd.pid" "$folder/slurmctld.pid" /run/munge/munged.pid; do
    if [ -f "$pid_file" ]; then kill "$(cat "$pid_file")" || true; fi
  done
  [ "$(readlink $LINK)" != "$folder/slurm.conf" ] || rm $LINK
}

action=$1 folder=$2 slots=${3:-2}
case $action in
  start) start ;;
  stop) stop ;;
  *) echo "start or stop, not $action" >&2; exit 2 ;;
esac
