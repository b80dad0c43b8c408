#!/usr/bin/python3
"""cluster.py up DIR [--nodes N] [--cpus C] [--hosts] [--kill-wait S] [--cred-expire S]
cluster.py down DIR

A real SLURM (munged, slurmctld, one slurmd a node) on this machine, as root, without systemd and apart from any SLURM that is
installed: own key, own ports, everything it writes is in DIR.  After `up`, `. DIR/env` makes sbatch, srun, squeue speak to it.

Nodes n1..nN share this machine's network; with --hosts each is a network and a UTS namespace of its own, reached over a bridge,
so that a node is more like a host.  Every process of the cluster carries SLURM_CONF=DIR/slurm.conf in its environment: that is
how a node is killed and how `down` finds what a killed daemon left behind.

cred-expire: SLURM starts a requeued job again that many seconds later (its default is 120).
kill-wait: seconds between SIGTERM and SIGKILL at a time limit or scancel (its default is 30)."""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "scancel")
PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"

CONF = """\
ClusterName=test
SlurmctldHost={name}({address})
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={dir}/munge.socket,cred_expire={cred_expire}
CredType=cred/munge
SlurmctldPort={port}
SlurmdPort={slurmd_port}
StateSaveLocation={dir}/state
SlurmdSpoolDir={dir}/spool/%n
SlurmctldPidFile={dir}/slurmctld.pid
SlurmdPidFile={dir}/slurmd-%n.pid
SlurmctldLogFile={dir}/log/slurmctld.log
SlurmdLogFile={dir}/log/slurmd-%n.log
# no cgroups, more CPUs than the machine has
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
MpiDefault=none
# a scheduler that does not let a test wait
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=200000,bf_interval=2
ReturnToService=2
JobRequeue=1
KillWait={kill_wait}
SlurmctldTimeout=60
SlurmdTimeout={slurmd_timeout}
MinJobAge=600
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
PlugStackConfig={dir}/plugstack.conf
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE DefaultTime=10 State=UP
"""


def trouble():
    """Why no SLURM can be brought up here, or None."""
    if os.geteuid() != 0:
        return "not root"
    missing = [p for p in PROGRAMS if not shutil.which(p, path=PATH)]
    if missing:
        return f"not installed: {' '.join(missing)} (apt-get install munge slurm-wlm)"
    if not os.listdir("/sys/fs/cgroup"):
        return "nothing is mounted on /sys/fs/cgroup, which slurmd insists on"
    return None


def hosts_trouble():
    """Why network namespaces cannot be made here, or None."""
    if not shutil.which("ip", path=PATH):
        return "not installed: ip (apt-get install iproute2)"
    name = f"vt-try-{os.getpid()}"
    for words in (["ip", "netns", "add", name], ["ip", "netns", "del", name], ["unshare", "-u", "-m", "true"]):
        p = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PATH": PATH})
        if p.returncode != 0:
            return f"{' '.join(words)}: {p.stderr.strip()}"
    return None


def ports(n):
    """First of n neighbouring ports that nobody listens to."""
    for first in range(20000 + os.getpid() % 100 * 100, 32000, n):
        try:
            for port in range(first, first + n):
                with socket.socket() as s:
                    s.bind(("0.0.0.0", port))
            return first
        except OSError:
            continue
    raise RuntimeError("no free ports")


class Cluster:
    def __init__(self, folder):
        self.dir = pathlib.Path(folder).resolve()
        self.conf = self.dir / "slurm.conf"
        self.env = {**os.environ, "PATH": PATH, "SLURM_CONF": str(self.conf)}
        self.net = self.dir / "net.json"  # names of the namespaces and of the bridge

    # ------------------------------------------------------------------ programs

    def run(self, *words, check=True, **more):
        """One command with this cluster's environment; its stdout."""
        p = subprocess.run([str(w) for w in words], capture_output=True, text=True, env={**self.env, **more.pop("env", {})},
                           timeout=more.pop("timeout", 60), **more)
        if check and p.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, words))}: exit code {p.returncode}\n{p.stdout}{p.stderr}")
        return p.stdout.strip()

    def processes(self, node=None):
        """Processes of this cluster, or of one node: by what stands in their environment."""
        mine, marks = f"SLURM_CONF={self.conf}".encode(), (f"VT_NODE={node}".encode(), f"SLURMD_NODENAME={node}".encode())
        found = []
        for p in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = set((p / "environ").read_bytes().split(b"\0"))
            except OSError:
                continue
            if mine in words and (node is None or words & set(marks)):
                found.append(int(p.name))
        return found

    def kill(self, node=None):
        """SIGKILL to every process of a node (None: of the cluster), until none is left."""
        for _ in range(100):
            pids = self.processes(node)
            if not pids:
                return
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)
        raise RuntimeError(f"processes do not die: {pids}")

    # ------------------------------------------------------------------ up

    def up(self, nodes=4, cpus=2, hosts=False, kill_wait=5, cred_expire=5, slurmd_timeout=10):
        if self.conf.exists():
            raise RuntimeError(f"{self.dir} already holds a cluster")
        for sub in ("log", "state"):
            (self.dir / sub).mkdir(parents=True)
        for k in range(1, nodes + 1):
            (self.dir / f"spool/n{k}").mkdir(parents=True)
        try:
            address = self.make_hosts(nodes) if hosts else "127.0.0.1"
            first = ports(2 + nodes)
            name, lines = socket.gethostname().split(".")[0], []
            for k in range(1, nodes + 1):
                where = (f"NodeHostname=n{k} NodeAddr={self.host_address(k)}" if hosts else
                         f"NodeHostname={name} NodeAddr=127.0.0.1 Port={first + 1 + k}")
                lines.append(f"NodeName=n{k} {where} CPUs={cpus} RealMemory=8000 State=UNKNOWN")
            self.conf.write_text(CONF.format(dir=self.dir, name=name, address=address, port=first, slurmd_port=first + 1,
                                             kill_wait=kill_wait, cred_expire=cred_expire, slurmd_timeout=slurmd_timeout,
                                             nodes="\n".join(lines)))
            (self.dir / "plugstack.conf").touch()
            (self.dir / "env").write_text(f"export SLURM_CONF={self.conf}\n")
            self.start_munge()
            self.daemon("slurmctld")
            for k in range(1, nodes + 1):
                self.start_node(f"n{k}")
            self.wait_for(lambda: self.run("sinfo", "-h", "-t", "idle", "-o", "%D", check=False) == str(nodes), 30, "idle nodes")
        except BaseException:
            self.down()
            raise

    def daemon(self, *words, **env):
        """Start a daemon that puts itself into the background.  Its output goes to a file: a pipe would stay open."""
        with open(self.dir / "log/start.log", "ab") as log:
            code = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**self.env, **env},
                                  timeout=60).returncode
        if code != 0:
            raise RuntimeError(f"{' '.join(map(str, words))}: exit code {code}, see {self.dir}/log")

    def start_munge(self):
        key = self.dir / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        # --force: the folder of the caller may be writable by others, which munged does not like
        self.daemon("munged", "--force", f"--key-file={key}", f"--socket={self.dir}/munge.socket",
                    f"--pid-file={self.dir}/munged.pid", f"--log-file={self.dir}/log/munged.log", f"--seed-file={self.dir}/seed")

    def start_node(self, node):
        words = ["slurmd", "-N", node]
        if self.net.exists():
            inside = f"mount --bind {self.dir}/hosts /etc/hosts; hostname {node}; exec slurmd -N {node}"
            words = ["nsenter", f"--net=/run/netns/{self.namespace(node)}", "unshare", "-u", "-m", "sh", "-c", inside]
        self.daemon(*words, VT_NODE=node)

    @staticmethod
    def wait_for(true, seconds, what):
        end = time.time() + seconds
        while not true():
            if time.time() > end:
                raise RuntimeError(f"no {what} after {seconds} s")
            time.sleep(0.1)

    # ------------------------------------------------------------------ nodes as hosts

    def namespace(self, node):
        return f"{json.loads(self.net.read_text())['name']}-{node}"

    def host_address(self, k):
        return f"{json.loads(self.net.read_text())['subnet']}.{10 + k}"

    def make_hosts(self, nodes):
        """Namespaces with one end of a cable each, the other ends in a bridge; the address of this machine."""
        taken = self.run("ip", "-o", "-4", "addr")
        subnet = next(f"10.{a}.{os.getpid() % 250}" for a in range(200, 250) if f" 10.{a}.{os.getpid() % 250}." not in taken)
        name = f"vt{os.getpid() % 100000}"  # the name of an interface has at most 15 characters
        self.net.write_text(json.dumps({"name": name, "subnet": subnet, "nodes": nodes}))
        self.run("ip", "link", "add", name, "type", "bridge")
        self.run("ip", "addr", "add", f"{subnet}.1/24", "dev", name)
        self.run("ip", "link", "set", name, "up")
        names = [f"127.0.0.1 localhost\n{subnet}.1 {socket.gethostname()}\n"]
        for k in range(1, nodes + 1):
            ns, end = f"{name}-n{k}", f"{name}e{k}"
            self.run("ip", "netns", "add", ns)
            self.run("ip", "link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", ns)
            self.run("ip", "link", "set", end, "master", name, "up")
            self.run("ip", "-n", ns, "addr", "add", f"{self.host_address(k)}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                self.run("ip", "-n", ns, "link", "set", device, "up")
            names.append(f"{self.host_address(k)} n{k}\n")
        (self.dir / "hosts").write_text("".join(names))
        return f"{subnet}.1"

    def remove_hosts(self):
        if not self.net.exists():
            return
        net = json.loads(self.net.read_text())
        for k in range(1, net["nodes"] + 1):
            self.run("ip", "netns", "del", f"{net['name']}-n{k}", check=False)
        self.run("ip", "link", "del", net["name"], check=False)
        self.net.unlink()

    # ------------------------------------------------------------------ down

    def stop(self, pid_file):
        """End the daemon of a pid file, if that process is one of ours."""
        path = self.dir / pid_file
        try:
            pid = int(path.read_text())
        except (OSError, ValueError):
            return
        if pid in self.processes():
            os.kill(pid, signal.SIGTERM)
            for _ in range(100):
                if pid not in self.processes():
                    break
                time.sleep(0.05)

    def down(self):
        for name in ["slurmctld.pid", *(p.name for p in self.dir.glob("slurmd-*.pid")), "munged.pid"]:
            self.stop(name)
        self.kill()
        self.remove_hosts()
        self.conf.unlink(missing_ok=True)


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("what", choices=("up", "down"))
    p.add_argument("dir")
    p.add_argument("--nodes", type=int, default=4)
    p.add_argument("--cpus", type=int, default=2)
    p.add_argument("--hosts", action="store_true")
    p.add_argument("--kill-wait", type=int, default=5)
    p.add_argument("--cred-expire", type=int, default=5)
    a = p.parse_args()
    cluster = Cluster(a.dir)
    if a.what == "down":
        cluster.down()
        return
    why = trouble() or (hosts_trouble() if a.hosts else None)
    if why:
        sys.exit(f"no SLURM here: {why}")
    cluster.up(a.nodes, a.cpus, a.hosts, a.kill_wait, a.cred_expire)
    print(f"up: . {cluster.dir}/env")


if __name__ == "__main__":
    main()
