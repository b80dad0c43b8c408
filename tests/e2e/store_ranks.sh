#!/bin/sh
# store_ranks.sh MPIEXEC WRITER SOURCE: the store's values do not depend on the number of ranks; other programs open it.
set -eu
mpiexec=$1 writer=$2 source=$3
if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null || ! command -v h5dump >/dev/null; then
  echo "SKIPPED, NOT TESTED: h5py or h5dump is missing (apt-get install python3-h5py hdf5-tools)"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
fail() { echo "FAILED: $*"; exit 1; }

for n in 1 2 3; do
  mkdir "$n"
  "$mpiexec" -n "$n" "$writer" "$n/results.h5"
  (cd "$n" && sha256sum --quiet -c results.h5.sha256) || fail "sha256sum does not accept the checksum file"
  (cd "$n" && h5dump -p -H results.h5 | grep -v -E 'SIZE|OFFSET' >header) || fail "h5dump cannot open the store"
  h5dump -d /obs/msd/mean -d /tasks/note -d /campaign "$n/results.h5" >/dev/null || fail "h5dump cannot read values"
done
for n in 2 3; do
  "$source/scripts/compare_stores.py" 1/results.h5 "$n/results.h5" || fail "values differ between 1 and $n ranks"
  cmp 1/header "$n/header" || fail "layout differs between 1 and $n ranks"
done

# The digests are those of the definition in store.h, by another program, and do not depend on the number of ranks.
/usr/bin/python3 - <<'PY' || fail "digests"
import hashlib, h5py, numpy
seen = 0
for n in "123":
    with h5py.File(f"{n}/results.h5", "r") as f:
        def visit(path, d):
            global seen
            if not isinstance(d, h5py.Dataset):
                return
            values = numpy.asarray(d[()], dtype=d.dtype)
            raw, n_rows = values.tobytes(), values.shape[0] if values.ndim else 1
            step, total = len(raw) // n_rows if n_rows else 0, 0
            for i in range(n_rows if step else 0):
                row = i.to_bytes(8, "little") + raw[i * step:(i + 1) * step]
                total ^= int.from_bytes(hashlib.sha256(row).digest(), "big")
            assert d.attrs["digest"].decode() == f"{total:064x}", f"{path} on {n} ranks"
            seen += total != 0
        f.visititems(visit)
assert seen >= 60, seen
PY

# h5py: every dataset has unit, doc and source; rows of 1 KiB and more are compressed and checksummed.
/usr/bin/python3 - 2/results.h5 <<'PY'
import sys, h5py
with h5py.File(sys.argv[1], "r") as f:
    seen = []
    def visit(path, d):
        if not isinstance(d, h5py.Dataset):
            return
        seen.append(path)
        for key in ("unit", "doc", "source"):
            assert len(d.attrs[key].decode("utf-8")) > 0, f"{path} has an empty {key}"
        row = d.nbytes // d.shape[0] if d.shape and d.shape[0] else 0
        if path.startswith("obs/"):
            assert row >= 1024 and d.chunks == (1,) + d.shape[1:], f"{path}: chunks {d.chunks}"
            assert d.compression == "gzip" and d.compression_opts == 4 and d.fletcher32, path
            assert d.shuffle == (d.dtype.kind != "S"), path
        else:
            assert d.chunks is None, path
    f.visititems(visit)
    assert len(seen) >= 25, seen
    assert f.attrs["format"] == 2 and f.attrs["build"].decode("utf-8") == "test \u03b2"
    assert f["campaign"][()].decode("utf-8").startswith("vitrion: 1\n")
PY

# The comparison notices one value, one attribute, a missing dataset; it leaves /timing alone.
change() {
  cp 1/results.h5 changed.h5
  /usr/bin/python3 -c "import h5py; f = h5py.File('changed.h5', 'r+'); $1"
  if "$source/scripts/compare_stores.py" 1/results.h5 changed.h5 >out; then fail "not noticed: $1"; fi
  grep -q "$2" out || fail "not named: $2"
}
change "f['obs/msd/mean'][36, 3, 119] = 1" "/obs/msd/mean: 1 of "
change "f['odd/special'][0] = 0.0" "/odd/special: 1 of 6" # it was -0.0
change "f['odd/scalar'][()] = 1" "/odd/scalar: value"
change "f['species/mass'].attrs['unit'] = b'kg'" "/species/mass: attribute unit"
change "del f['glass/cell']" "/glass/cell: only in 1/results.h5"
change "f['new'] = 1" "/new: only in changed.h5"
cp 1/results.h5 changed.h5
/usr/bin/python3 -c "import h5py; f = h5py.File('changed.h5', 'r+'); f['timing/wall'][0] = 1e9"
"$source/scripts/compare_stores.py" 1/results.h5 changed.h5 >/dev/null || fail "/timing was compared"
echo "1, 2 and 3 ranks agree"
