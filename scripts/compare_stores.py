#!/usr/bin/python3
"""Compare two stores value by value: compare_stores.py A.h5 B.h5

Every dataset outside /timing must be there in both, with the same type, shape, bytes and attributes unit, doc, source, and every
axis the same label.
Prints what differs; exit status 0: equal, 1: different, 2: a file cannot be read, or
the two have different formats."""
import sys

import h5py


def datasets(f):
    """All datasets outside /timing by path."""
    found = {}

    def visit(path, item):
        if isinstance(item, h5py.Dataset) and not path.startswith("timing/"):
            found["/" + path] = item

    f.visititems(visit)
    return found


def differences(a, b):
    """What differs between two datasets, in words."""
    if a.dtype != b.dtype:
        return [f"type {a.dtype} and {b.dtype}"]
    if a.shape != b.shape:
        return [f"shape {a.shape} and {b.shape}"]
    found = [f"attribute {key}: {a.attrs.get(key)!r} and {b.attrs.get(key)!r}"
             for key in ("unit", "doc", "source") if a.attrs.get(key) != b.attrs.get(key)]
    labels = [[d.label for d in x.dims] for x in (a, b)]
    if labels[0] != labels[1]:
        found.append(f"axes {labels[0]} and {labels[1]}")
    x, y = a[()], b[()]
    if x.tobytes() == y.tobytes():
        return found
    if a.shape == ():
        return found + ["value"]
    size = a.dtype.itemsize
    xb, yb = x.tobytes(), y.tobytes()
    bad = [i for i in range(x.size) if xb[i * size:(i + 1) * size] != yb[i * size:(i + 1) * size]]
    return found + [f"{len(bad)} of {x.size} values, the first is number {bad[0]}: "
                    f"{x.flat[bad[0]]} and {y.flat[bad[0]]}"]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        with h5py.File(sys.argv[1], "r") as fa, h5py.File(sys.argv[2], "r") as fb:
            formats = [int(f.attrs.get("format", 0)) for f in (fa, fb)]
            if formats[0] != formats[1]:
                print(f"store formats {formats[0]} and {formats[1]}: `vitrion repair DIR` or the next run writes an older "
                      "store anew", file=sys.stderr)
                return 2
            a, b = datasets(fa), datasets(fb)
            lines = [f"{path}: only in {sys.argv[1]}" for path in sorted(a.keys() - b.keys())]
            lines += [f"{path}: only in {sys.argv[2]}" for path in sorted(b.keys() - a.keys())]
            for path in sorted(a.keys() & b.keys()):
                lines += [f"{path}: {text}" for text in differences(a[path], b[path])]
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(lines) or f"{len(a)} datasets are equal")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
