"""Watching a campaign: the line that rewrites itself under mpiexec on a terminal and only there; `status --watch` on terminals of
several sizes with 400 compositions, its keys, its end by a signal; failed tasks with reason and what to try.  The terminal is a
pty, and what it shows is read by pyte, a terminal of its own."""
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import fcntl

import pyte

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.argv = [sys.argv[0], sys.argv[1], sys.argv[3], sys.argv[2]]  # cli_common wants program and source
from cli_common import CAMPAIGN, expect, finish, folder, join, run, source, vitrion, write  # noqa: E402

mpiexec = sys.argv[3]
checks = 0
REWRITE = b"\r\x1b[K"


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, words, columns=80, rows=24, cwd=None, **env):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.bytes, self.code = b"", None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd or ".")
            os.environ.update({"TERM": "xterm", **env})
            time.sleep(0.1)  # until it has its size
            os.execvp(words[0], list(map(str, words)))
        self.resize(columns, rows)

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def read(self, seconds=0.2):
        """What comes within so long; False at the end."""
        end = time.time() + seconds
        while time.time() < end:
            if not select.select([self.fd], [], [], 0.05)[0]:
                continue
            try:
                got = os.read(self.fd, 65536)
            except OSError:
                got = b""
            if not got:
                return False
            self.bytes += got
            self.stream.feed(got)
        return True

    def until(self, true, what, seconds=120):
        end = time.time() + seconds
        while not true() and time.time() < end:
            if not self.read():
                break
        check(true(), f"{what}: {self.text()}")

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def key(self, keys):
        os.write(self.fd, keys)

    def end(self, seconds=240):
        """Exit code, or minus the signal."""
        stop = time.time() + seconds
        while self.read() and time.time() < stop:
            pass
        while time.time() < stop:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.05)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None


# ---------------------------------------------------------------------- the line under mpiexec

def lines(tmp):
    c = write(join(tmp, "c.yaml"), CAMPAIGN)

    def shown(name, *words, mpi=(), **more):
        t = Terminal([mpiexec, *mpi, "-n", 2, vitrion, "run", c, "--output", name, *words], cwd=tmp, **more)
        code = t.end()
        check(code == 0, f"{name}: exit code {code}: {t.bytes[-400:]}")
        return t.bytes

    out = shown("terminal")
    check(REWRITE in out and b"6/6 tasks" in out, f"under mpiexec on a terminal the line rewrites itself: {out[:400]}")
    for piece in out.split(REWRITE)[1:]:
        check(len(piece.split(b"\r")[0].split(b"\n")[0]) < 80, f"it is shorter than the terminal: {piece[:100]}")
    out = shown("narrow", columns=40)
    check(all(len(p.split(b"\r")[0].split(b"\n")[0]) < 40 for p in out.split(REWRITE)[1:]), "also than a narrow one")
    check(REWRITE not in shown("plain", "--progress", "plain"), "--progress plain")
    check(REWRITE not in shown("labels", mpi=("-l",)), "where the launcher labels lines it does not")
    check(b"tasks" not in shown("quiet", "--quiet").split(b"composition")[0], "--quiet")
    t = Terminal(["sh", "-c", f"{mpiexec} -n 2 {vitrion} run {c} --output file 2>stderr"], cwd=tmp)
    check(t.end() == 0, "stderr in a file")
    with open(join(tmp, "stderr"), "rb") as f:
        text = f.read()
    check(REWRITE not in text and b"6/6 tasks" in text, f"a file gets whole lines: {text[:300]}")
    p = subprocess.run([mpiexec, "-n", "2", vitrion, "run", c, "--output", "pipe", "--progress", "line"], cwd=tmp, capture_output=True)
    check(p.returncode == 0 and REWRITE in p.stderr, "--progress line, wherever it goes")


# ---------------------------------------------------------------------- 400 compositions

def campaign_400(tmp):
    """400 compositions of which most are not begun."""
    alkali = "[Li, Na, K, {Li: 0.5, Na: 0.5}, {Li: 0.5, K: 0.5}]"
    text = (CAMPAIGN.replace("grid: {alkali: [Li, Na], metal: [Al], halogen: [Cl], halogen_to_oxygen: [2.5/0.75]}",
                             f"grid: {{alkali: {alkali}, metal: [Al, Ga, In, Nb, Ta], "
                             "halogen: [F, Cl, Br, I], halogen_to_oxygen: [2, 3, 4, 6]}")
            .replace("campaign: tiny", "campaign: four-hundred").replace("produce: {duration: 1 ps}", "produce: {duration: 4 ps}"))
    return write(join(tmp, "four.yaml"), text)


def watched(tmp):
    c = campaign_400(tmp)
    n = json.loads(run("check", c, "--json")[1])["n_compositions"]
    check(n == 400, f"{n} compositions")
    job = subprocess.Popen([mpiexec, "-n", "2", vitrion, "run", c, "--output", "four", "--quiet"], cwd=tmp,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        out = join(tmp, "four")
        end = time.time() + 60
        while time.time() < end:
            code, text, _ = run("status", out, "--json")
            if code == 0 and json.loads(text)["tasks"]["done"] > 8:
                break
            time.sleep(0.5)
        look(tmp, out)
    finally:
        job.terminate()
        job.wait(60)


def look(tmp, out):
    t = Terminal([vitrion, "status", out, "--watch"])
    t.until(lambda: "compositions 1 to" in t.text(), "a screen of 80 x 24")
    lines_ = t.text().split("\n")
    check(len(lines_) == 24 and lines_[0].startswith("four-hundred: running"), f"its first line: {lines_[0]}")
    check(re.search(r"\[[#.]+\] [\d.e-]+ of [\d.e-]+ ns", lines_[1]) and "left" in lines_[1], f"a bar and what is left: {lines_[1]}")
    check(re.search(r"leads: .* tasks, 2 ranks, [\d.e-]+ ns done", t.text()), f"who works, with how many ranks: {t.text()}")
    found = re.search(r"compositions 1 to (\d+) of 400", lines_[23])
    check(found and int(found.group(1)) >= 8, f"the list is cut, and says so: {lines_[23]}")
    check("lgD(500K)" in t.text() and "Ea/eV" in t.text(), "columns of D and Ea")
    t.key(b"\x1b[B")
    t.until(lambda: "compositions 2 to" in t.text(), "an arrow scrolls")
    t.key(b"\x1b[F")
    t.until(lambda: "to 400 of 400" in t.text(), "End goes to the last one")
    t.resize(120, 60)
    t.until(lambda: "to 400 of 400" in t.screen.display[59] and len(t.screen.display) == 60, "it follows the size")
    seen = "".join(l[1:] for l in t.text().split("\n") if re.fullmatch(r" [0-9.#!]{30,}", l))
    check(len(seen) == 400, f"all 400 have a sign: {len(seen)}")
    t.resize(40, 12)
    t.until(lambda: "four-hundred" in t.screen.display[0], "a small one")
    t.resize(200, 430)
    t.until(lambda: sum(bool(re.search(r" \d+/3 ", l)) for l in t.screen.display) == 400, "400 fit where there is room")
    t.key(b"q")
    check(t.end() == 0, "q leaves")
    check(t.bytes.rindex(b"\x1b[?1049l") > t.bytes.rindex(b"\x1b[?1049h") and b"\x1b[?25h" in t.bytes, "the terminal is given back")
    frame = t.bytes.split(b"\x1b[2J", 1)[1].split(b"\x1b[?1049l")[0]
    check(b"\x1b[2J" not in frame, "it is overwritten in place, never wiped")
    for sig in (signal.SIGINT, signal.SIGTERM):
        t = Terminal([vitrion, "status", out, "--watch"], NO_COLOR="1")
        t.until(lambda: "compositions 1 to" in t.text(), "again")
        os.kill(t.pid, sig)
        check(t.end() == -sig and b"\x1b[?1049l" in t.bytes, f"{sig} ends it and the terminal is given back")
        check(not re.search(rb"\x1b\[3[0-9]m", t.bytes), "NO_COLOR is obeyed")
    p = subprocess.Popen([vitrion, "status", out, "--watch"], stdout=subprocess.PIPE)
    time.sleep(4)
    p.terminate()
    text = p.communicate()[0]
    check(b"\x1b" not in text and text.count(b"four-hundred: running") >= 2, "without a terminal: plain text, again and again")


MELT = """vitrion: 1
campaign: melt
seed: 5
potential: {{kind: nep, file: {source}/campaigns/potentials/oxyhalide7-v0.nep.txt}}
compositions:
  include: [LiAlCl2.5O0.75, NaAlCl2.5O0.75]
  atoms: 42
temperatures: [1150 K, 1300 K]
glasses: 2
protocol:
  melt: {{temperature: 1400 K, duration: 1 ps}}
  quench: {{rate: 1e15 K/s}}
  equilibrate: {{duration: 1 ps}}
  produce: {{duration: 30 ps, timestep: 2 fs}}
observe: {{msd: {{}}, charge: {{}}, thermo: {{}}}}
compare: {{reference_temperature: 1180 K}}
"""


def estimates(tmp):
    """A hot melt resolves something in a few ten picoseconds; the screen shows of it what `fit` says."""
    text = MELT.format(source=source)
    c = write(join(tmp, "three.yaml"), text)
    p = subprocess.run([mpiexec, "-n", "2", vitrion, "run", c, "--output", "three", "--quiet"], cwd=tmp, capture_output=True, text=True)
    check(p.returncode == 0, f"{p.returncode} {p.stderr}")
    code, said, err = run("fit", join(tmp, "three"), "--json")
    check(code == 0 and "older than its folder" not in err, f"a store that has just been made is of its folder: {err}")
    fit = {r["name"]: r for r in json.loads(said)["compositions"] if r["quantity"] == "D_alkali"}
    code, said, err = run("status", "--estimates", join(tmp, "three"))
    check(code == 0, err)
    got = json.loads(said)
    for e in got["compositions"]:
        f = fit[e["name"]]
        check(e["Ea_eV"] == f["Ea_eV"] and e["log10_D"] == f["log10_D_Tref"], f"the fits of `fit`: {e} {f}")
        if f["Ea_lo95_eV"] is not None:
            check(abs(e["Ea_half_eV"] - (f["Ea_hi95_eV"] - f["Ea_lo95_eV"]) / 2) < 1e-12, f"half of the interval: {e}")
    # one more composition: open, so that there is something to watch
    more = write(join(tmp, "more.yaml"), text.replace("NaAlCl2.5O0.75]", "NaAlCl2.5O0.75, LiTaOCl4]"))
    job = subprocess.Popen([vitrion, "run", more, "--output", "three", "--extend", "--quiet"], cwd=tmp, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    end = time.time() + 120
    while time.time() < end and len(json.loads(run("status", join(tmp, "three"), "--json")[1])["compositions"]) < 3:
        time.sleep(0.2)
    job.terminate()
    job.wait(60)
    known = next(f for f in fit.values() if f["Ea_eV"] is not None)
    want = f"{known['Ea_eV']:.3f}"
    if known["Ea_lo95_eV"] is not None:
        want += f"+-{(known['Ea_hi95_eV'] - known['Ea_lo95_eV']) / 2:.3f}"
    t = Terminal([vitrion, "status", join(tmp, "three"), "--watch"], columns=110)
    t.until(lambda: "nobody works in the folder" in t.text(), "no job")
    t.until(lambda: want in t.text(), f"Ea so far with its interval: {want}", 240)  # made at the lowest priority
    # a screen is read in parts
    t.until(lambda: any(row.startswith("LiTaCl4O") and row.count("no MD yet") == 2 for row in t.text().split("\n")),
            "why a number is missing")
    t.until(lambda: f"{known['log10_D_Tref']:.2f}" in t.text() and "lgD(1180K)" in t.text(), "D so far")
    t.key(b"q")
    check(t.end() == 0, "q")
    # a narrow screen leaves columns out and cuts no number
    t = Terminal([vitrion, "status", join(tmp, "three"), "--watch"], columns=60)
    t.until(lambda: want in t.text(), f"Ea with its whole interval in 60 columns: {want}", 120)
    t.key(b"q")
    check(t.end() == 0, "q")
    t = Terminal([vitrion, "status", join(tmp, "three"), "--watch"], columns=48)
    t.until(lambda: f"{known['log10_D_Tref']:.2f}" in t.text() and "Ea/eV" not in t.text(), "D alone in 48 columns", 120)
    t.key(b"q")
    check(t.end() == 0, "q")


# ---------------------------------------------------------------------- failures

def failures(tmp):
    """A melt that blows up: ten femtoseconds a step, thirty thousand kelvin."""
    c = write(join(tmp, "bad.yaml"), CAMPAIGN.replace("melt: {duration: 0.2 ps}", "melt: {duration: 0.2 ps, temperature: 9999 K, timestep: 10 fs}"))
    code, _, err = run("run", c, "--output", "bad", "--quiet", cwd=tmp)
    check(code == 3, f"all fail: {code} {err}")
    code, text, err = run("status", join(tmp, "bad"))
    uid = re.search(r"failed ([0-9a-f]{12}) \S+, glass 0 in (\w+): (.+)\n    try: (.+)", text)
    check(code == 0 and uid and "timestep" in uid.group(4), f"uid, reason, what to try: {text}")
    s = json.loads(run("status", join(tmp, "bad"), "--json")[1])
    check(len(s["failures"]) == s["tasks"]["failed"] and s["last_error_try"], f"--json: {s['failures'][:1]} {s['last_error_try']}")
    own = [f for f in s["failures"] if not f["of_its_glass"]]
    check(own and all(f["reason"] and f["stage"] and f["try"] for f in own) and own[0]["task"].startswith(uid.group(1)), f"{own}")
    t = Terminal([vitrion, "status", join(tmp, "bad"), "--watch"])
    check(t.end() == 0 and b"failed " + uid.group(1).encode() in t.bytes, "a campaign that has ended: once, and no screen")


with folder() as tmp:
    tmp = os.path.realpath(tmp)
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(dir=tmp)
    lines(tmp)
    failures(tmp)
    estimates(tmp)
    watched(tmp)
finish(checks)
