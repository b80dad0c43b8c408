#!/usr/bin/python3
"""tutorial.py VITRION MPIEXEC SOURCE - every command of docs/tutorial.md runs and prints what the page shows, numbers aside."""
import importlib.util, subprocess, sys

if any(importlib.util.find_spec(m) is None for m in ("matplotlib", "h5py")):
    print("=" * 100 + "\nSKIPPED: no matplotlib or h5py here (scripts/setup installs them)\n" + "=" * 100)
    sys.exit(77)
sys.exit(subprocess.run([sys.executable, "-B", f"{sys.argv[3]}/scripts/make_tutorial", sys.argv[1], "--check"]).returncode)
