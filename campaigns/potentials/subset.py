#!/usr/bin/env python3
"""subset.py Li,Na,Al OUT.xyz.xz IN.xyz[.xz]... - the frames that hold no other elements than these."""
import lzma
import sys


def opened(path, mode="rt"):
    return lzma.open(path, mode) if path.endswith(".xz") else open(path, mode)


def frames(path):
    with opened(path) as f:
        while count := f.readline().strip():
            n = int(count)
            yield [f"{n}\n"] + [f.readline() for _ in range(n + 1)]


def main(elements, out, *paths):
    wanted = set(elements.split(","))
    number = 0
    with opened(out, "wt") as o:
        for path in paths:
            for frame in frames(path):
                if {line.split(None, 1)[0] for line in frame[2:]} <= wanted:
                    o.writelines(frame)
                    number += 1
    print(f"{out}: {number} frames")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
