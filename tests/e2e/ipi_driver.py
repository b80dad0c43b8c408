"""ipi_driver.py SOCKET START FOLDER FAULT [AT] - an i-PI client for fault tests: an ideal gas (no forces), which misbehaves.

FAULT at its AT-th answer (from 1), and only in the first process of this FOLDER, unless the fault is named `always-...`.  It is
written from the protocol's text (docs of i-PI), not from the program under test."""
import os
import random
import signal
import socket
import struct
import sys
import time

name, start, folder, fault = sys.argv[1:5]
at = int(sys.argv[5]) if len(sys.argv) > 5 else 3
always = fault.startswith("always-")
fault = fault.removeprefix("always-")
print("driver: ideal-gas 1.0", flush=True)
try:
    os.close(os.open(os.path.join(folder, "misbehaved"), os.O_CREAT | os.O_EXCL))
except FileExistsError:
    if not always:
        fault = "none"
if fault == "dies-before":
    print("cannot load the model", file=sys.stderr)
    sys.exit(3)
if fault == "never-connects":
    time.sleep(1000)

sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
sock.connect("/tmp/ipi_" + name)


def take(n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            sys.exit(0)
        data += piece
    return data


def header(text):
    return text.ljust(12).encode()


if fault == "silent":
    time.sleep(1000)
if fault == "floods-first":
    while True:
        sock.sendall(b"x" * 65536)
answers, ready, n = 0, None, 0
shift = float(open(os.path.join(folder, "shift")).read()) if os.path.exists(os.path.join(folder, "shift")) else 0.0
while True:
    what = take(12).decode().strip()
    if what == "STATUS":
        sock.sendall(header("NONSENSE" if fault == "nonsense" else "HAVEDATA" if ready else "READY"))
    elif what == "INIT":
        take(4)
        take(struct.unpack("=i", take(4))[0])
    elif what == "POSDATA":
        take(144)
        n = struct.unpack("=i", take(4))[0]
        take(24 * n)
        ready = True
    elif what == "EXIT":
        sys.exit(0)
    elif what == "GETFORCE":
        answers += 1
        now = answers == at
        energy, m, force, extras = 0.0, n, [0.0] * (3 * n), b"\0"
        virial = [0.0] * 9 if fault == "no-virial" else [1e-9] * 9
        if fault == "noise":  # a density that begins with the last one, a sum in another order
            energy = 1e-4 * random.random()
            time.sleep(2e-4)  # so that a campaign lives long enough to be killed
        if fault == "shifted":  # another model behind the same command
            energy = shift
            time.sleep(2e-4)
        if now and fault == "killed":
            print("out of memory", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        if now and fault == "exits":
            print("SCF did not converge", file=sys.stderr)
            sys.exit(1)
        if now and fault == "hangs":
            time.sleep(1000)
        if now and fault == "nan-energy":
            energy = float("nan")
        if now and fault == "inf-force":
            force[-1] = float("inf")
        if now and fault == "other-n":
            m, force = n + 1, force + [0.0] * 3
        if fault == "no-third-law":
            force = [0.1] * (3 * n)
        if now and fault == "chatter":
            for k in range(2000):
                print("chatter " * 1000)
        if now and fault == "chatter-exits":
            for k in range(2000):
                print("chatter " * 1000)
            print("last words", flush=True)
            sys.exit(5)
        answer = header("FORCEREADY") + struct.pack(f"=di{len(force)}d9d", energy, m, *force, *virial)
        answer += struct.pack("=i", len(extras)) + extras
        if now and fault == "half":
            sock.sendall(answer[:len(answer) // 2])
            sys.exit(0)
        if now and fault == "long-extras":
            answer = answer[:-5] + struct.pack("=i", 2**31 - 1)
        sock.sendall(answer)
        if now and fault == "floods":
            while True:
                sock.sendall(b"x" * 65536)
        ready = False
    else:
        sys.exit(f"unknown message {what!r}")
