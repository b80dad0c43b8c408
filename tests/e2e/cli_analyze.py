"""analyze: the numbers of the run that wrote the trajectory, and known answers from generated ones."""
import glob
import os
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import answer, expect, finish, folder, join, run, source, write  # noqa: E402

checks = 0
MASS = {"Li": 6.94, "Na": 22.98976928, "K": 39.0983, "Al": 26.9815385, "Cl": 35.45, "O": 15.999}


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


def near(got, want, tolerance, what):
    check(got is not None and abs(got - want) <= tolerance, f"{what}: got {got}, expected {want} within {tolerance:.3g}")


# ---------------------------------------------------------------------------------------------- files

def write_xyz(path, symbols, frames, cell, digits=10):
    """frames [t][atom][3]; digits behind the point."""
    lattice = " ".join(repr(float(v)) for v in np.asarray(cell, float).ravel())
    head = f'{len(symbols)}\nLattice="{lattice}" pbc="T T T"\n'
    line = "\n".join(f"{s} %.{digits}f %.{digits}f %.{digits}f" for s in symbols) + "\n"
    with open(path, "w", encoding="ascii") as f:
        for x in frames:
            f.write(head)
            f.write(line % tuple(x.ravel()))
    return path


def wrapped(frames, cell):
    s = frames @ np.linalg.inv(cell)
    return (s - np.floor(s)) @ cell


def laco(alkali, units):
    """Symbols of `units` formula units AAlCl2.5O0.75 (a multiple of 4)."""
    return [alkali] * units + ["Al"] * units + ["Cl"] * (5 * units // 2) + ["O"] * (3 * units // 4)


def places(n, edge, rng):
    """n places in a cube, the same density everywhere."""
    k = int(np.ceil(n ** (1 / 3)))
    grid = np.array([(i // (k * k), i // k % k, i % k) for i in range(k ** 3)])[:n] + 0.5
    return (grid + rng.uniform(-0.1, 0.1, grid.shape)) * edge / k


def warns(a, text):
    return any(text in w for w in a["warnings"])


def species(a, symbol):
    return next(s for s in a["species"] if s["symbol"] == symbol)


# ---------------------------------------------------------------------------------------------- (a) against a run

RUN = """vitrion: 1
campaign: small
seed: 3
potential: {kind: nep, file: "@"}
compositions: {include: [LiAlCl2.5O0.75], atoms: 84}
temperatures: [1000 K]
glasses: 1
protocol:
  melt: {duration: 1 ps}
  quench: {rate: 2e14 K/s}
  equilibrate: {duration: 2 ps}
  produce: {duration: 40 ps}
output: out
"""
# A file has no velocities: what follows from them is known to the run alone.  `temperature_K` of the run is measured,
# that of the file is what was asked for; its cutoffs are given here, not measured.
ONLY_RUN = ("measured", "temperature_K", "temperature_se_K", "temperature_K_se", "pressure_GPa", "pressure_se_GPa", "pressure_GPa_se")


def leaves(o, path=""):
    if isinstance(o, (dict, list)):
        for k, v in o.items() if isinstance(o, dict) else enumerate(o):
            yield from leaves(v, f"{path}/{k}")
    else:
        yield path, o


def cutoffs_of(a):
    return ",".join(f"{c['pair'][0]}-{c['pair'][1]}={c['r_A']:.17g}" for c in a["cutoffs"])


def against_the_run(tmp):
    """Both feed the same frames to the same observables, the file through %.17g, so that displacements differ by the
    rounding of positions, 4e-15 of 0.3 A a step; 1e-9 leaves room for the fits."""
    c = write(join(tmp, "run.yaml"), RUN.replace("@", join(source, "campaigns", "potentials", "oxyhalide7-v0.nep.txt")))
    _, out, _ = run("one", c, cwd=tmp)
    uid = next(line.split()[0] for line in out.splitlines() if " K " in line)
    xyz = join(tmp, "run.xyz")
    one = answer("one", c, "--task", uid, "--trajectory", xyz, cwd=tmp)
    a = answer("analyze", xyz, "--dt", 0.1, "--temperature", 1000, "--cutoffs", cutoffs_of(one))
    one_gates, a_gates = one.pop("gates"), a.pop("gates")
    x, y = dict(leaves(one)), dict(leaves(a))
    shared = [k for k in x if k in y and not any(p in ("warnings", *ONLY_RUN) for p in k.split("/"))]
    missing = [k for k in y if k not in x and k.split("/")[1] not in ("n_frames", "n_frames_read", "format", "n_atoms", "dt_ps", "time_key", "time_unit", "warnings")]
    check(not missing, f"analyze prints what one does not: {missing[:5]}")
    numbers = 0
    for k in shared:
        if isinstance(x[k], float) and isinstance(y[k], float):
            numbers += 1
            if abs(x[k] - y[k]) > 1e-9 * abs(x[k]):
                check(False, f"{k}: {x[k]} in the run, {y[k]} from its trajectory")
        elif x[k] != y[k] or isinstance(x[k], str) and not y[k]:
            check(False, f"{k}: {x[k]} in the run, {y[k]} from its trajectory")
    own = ("shortest lattice vector", "the cutoff of")  # of large moves and of given cutoffs: only a file has them
    said = [w for w in one["warnings"] if not w.startswith(("gate 'melt'", "gate 'pressure'", "gate 'volume'"))]  # what a file cannot know
    check([w for w in a["warnings"] if not any(o in w for o in own)] == said, "the same warnings")
    for g, h in zip(one_gates, a_gates):
        if g["name"] in ("melt", "pressure", "volume"):
            check(g["value"] is not None and h["value"] is None and h["ok"] is None and h["reason"], f"{g['name']} is the run's")
        elif g["name"] == "stationary":  # a file has no temperature and pressure that could drift
            check(h["value"] <= g["value"] + 1e-9, "stationary")
        else:
            check(g["ok"] == h["ok"] and abs(g["value"] - h["value"]) <= 1e-9 * abs(g["value"]), f"gate {g['name']}")
    check(numbers > 2000, f"{numbers} numbers were compared")
    for key in ("haven", "onsager", "rdf", "coordination", "polyhedra", "chains", "residence", "bonds", "jumps",
                "non_gaussian", "stationarity", "transference", "sigma_mS_cm", "cutoffs"):
        check(any(k.split("/")[1] == key and isinstance(x[k], float) for k in shared), f"numbers under {key}")
    check(a["n_frames"] == 401 and a["n_atoms"] == 84 and a["temperature_K"] == 1000, "frames, atoms, temperature")
    check(not any(q["measured"] for q in a["cutoffs"]), "given cutoffs are not measured")
    own = answer("analyze", xyz, "--dt", 0.1)
    check(own["sigma_mS_cm"] is None and warns(own, "no --temperature"), "no temperature, no sigma")
    check(sum(c["measured"] for c in own["cutoffs"]) >= 8, "it finds cutoffs of its own")
    code, text, _ = run("analyze", xyz, "--dt", 0.1, "--temperature", 1000)
    check(code == 0 and all(w in text for w in ("anions around Al", "chains", "Li at metals with", "D(Li)")), "text")


# ---------------------------------------------------------------------------------------------- (b) transport

def random_walk(tmp):
    """D within 3 standard errors; seen from the framework neither drift nor the shape of the cell matters."""
    rng = np.random.RandomState(1)
    n, steps, dt, d = 60, 600, 0.5, 0.4  # A^2/ps
    symbols = ["Li"] * n + ["Al"] * 20
    x = places(n + 20, 24.0, rng) + np.zeros((steps + 1, 1, 1))
    x[1:, :n] += np.cumsum(rng.normal(0, np.sqrt(2 * d * dt), (steps, n, 3)), axis=0)
    cube = 24.0 * np.eye(3)
    skewed = np.array([[24.0, 0, 0], [7, 23, 0], [-6, 5, 25]])
    drift = x + np.arange(steps + 1)[:, None, None] * np.array([0.1, -0.05, 0.02])
    ask = ("--dt", dt, "--temperature", 500)
    a = answer("analyze", write_xyz(join(tmp, "w.xyz"), symbols, wrapped(x, cube), cube), *ask)
    li = species(a, "Li")
    near(li["D_cm2_s"], d * 1e-4, 3 * li["D_se_cm2_s"], "D of a random walk")
    check(li["diffusive"] and 0 < li["D_se_cm2_s"] < 0.1 * li["D_cm2_s"], "and its error is below a tenth")
    check(li["window_ps"][0] == 5 and species(a, "Al")["D_cm2_s"] is None, "window; the framework rests")
    # alpha_2 of a Gaussian walk is 0: sqrt(8/15 / windows) of noise at a quarter of the run, 4 of which are independent
    ng = next(g for g in a["non_gaussian"] if g["species"] == "Li")
    near(ng["alpha2_max"], 0, 4 * np.sqrt(8 / 15 / (4 * n)), "non-Gaussian parameter of a Gaussian walk")
    for what, frames, cell in (("drift", wrapped(drift, cube), cube), ("unwrapped", x, cube),
                               ("skewed", wrapped(x, skewed), skewed)):
        b = answer("analyze", write_xyz(join(tmp, "v.xyz"), symbols, frames, cell), *ask)
        lb, scale = species(b, "Li"), np.linalg.det(cell) / np.linalg.det(cube)
        # 10 digits are written: 1e-10 of the 0.6 A of a step; with drift <dr^2> is 2000 times what remains
        near(lb["D_cm2_s"], li["D_cm2_s"], 1e-7 * li["D_cm2_s"], f"D, {what}")
        near(b["sigma_mS_cm"] * scale, a["sigma_mS_cm"], 1e-6 * a["sigma_mS_cm"], f"sigma, {what}")
        for frame in ("metal", "barycentric", "frame_free"):
            near(b["haven"][frame]["value"], a["haven"][frame]["value"], 1e-6, f"Haven ratio {frame}, {what}")
        near(b["haven"]["framework"], a["haven"]["framework"], 1e-7, f"Haven ratio, {what}")
        for s in b["transference"]["framework"]:
            near(b["transference"]["framework"][s], a["transference"]["framework"][s], 1e-6, f"t of {s}, {what}")


def nothing_to_see(tmp):
    """No number without a reason to believe it."""
    rng = np.random.RandomState(2)
    symbols = laco("Li", 8)
    cube = 14.0 * np.eye(3)
    x = places(len(symbols), 14.0, rng)
    frozen = x + np.zeros((601, 1, 1))
    a = answer("analyze", write_xyz(join(tmp, "f.xyz"), symbols, frozen, cube), "--dt", 0.1, "--temperature", 500)
    short = frozen[:31] + np.cumsum(rng.normal(0, 0.4, (31, len(symbols), 3)), axis=0)
    b = answer("analyze", write_xyz(join(tmp, "s.xyz"), symbols, short, cube), "--dt", 0.1, "--temperature", 500)
    for what, o, why in (("frozen", a, "does not exceed"), ("3 ps", b, "too short")):
        for s in o["species"]:
            check(s["D_cm2_s"] is None and s["D_se_cm2_s"] is None and not s["diffusive"], f"{what}: D {s['symbol']}")
            check(warns(o, f"D of {s['symbol']} is not resolved") and warns(o, why), f"{what}: why D {s['symbol']}")
        check(o["sigma_mS_cm"] is None and o["haven"]["framework"] is None and warns(o, "sigma"), f"{what}: sigma")
        check(all(t is None for t in o["transference"]["framework"].values()), f"{what}: transference")
    check(all(r["tau_continuous_ps"] is None for r in a["residence"]) and a["residence"], "frozen: no residence time")
    check(all(r["tau_continuous_longer_than_ps"] is None or r["tau_continuous_longer_than_ps"] > 30
              for r in a["residence"]), "but a bound")
    check(all(j["count"] == 0 and j["length_A"] is None for j in a["jumps"]) and warns(a, "did not jump"), "no jumps")
    no_metal = ["Li"] * 8 + ["Cl"] * 8
    c = answer("analyze", write_xyz(join(tmp, "n.xyz"), no_metal, short[:, :16], cube), "--dt", 0.1)
    check(c["polyhedra"] is None and c["chains"] is None and warns(c, "they need a metal"), "no metal: no polyhedra")
    check(not warns(a, "need a metal"), "a metal: no such warning")
    # a bond of the only ion with the only metal is there by chance with probability 1: there is nothing to subtract
    x = np.array([[5.0, 5, 5], [7.6, 5, 5], [5, 7.1, 5]]) + np.zeros((200, 1, 1))
    e = answer("analyze", write_xyz(join(tmp, "o.xyz"), ["Al", "Li", "Cl"], x, cube), "--dt", 0.1, "--cutoffs",
               "Li-Al=3,Al-Cl=2.6")
    row = e["residence"][0]
    check(warns(e, "0 O has no errors: no such bond formed"), "no visits, no errors")
    check(row["bonds"] == 1 and row["tau_endpoint_ps"] is None and warns(e, "endpoint) is not resolved: bonds outlast"),
          f"one ion that never leaves: {row}")
    d = answer("analyze", write_xyz(join(tmp, "x.xyz"), ["Li", "Xe"] * 8, short[:, :16], cube), "--dt", 0.1)
    check(warns(d, "Xe has no charge") and warns(d, "the cell has a charge of +8"), "charges are doubted")


def hops(rng, steps, ions, together, rate, length):
    """[steps + 1][ions][3]: at every step a number of random groups of ions hops by one vector each."""
    x = np.zeros((steps + 1, ions, 3))
    axis = np.eye(3)
    for t in range(1, steps + 1):
        for _ in range(rng.poisson(rate * ions / together)):
            x[t, rng.choice(ions, together, replace=False)] += length * rng.choice([-1, 1]) * axis[rng.randint(3)]
    return np.cumsum(x, axis=0)


def rigid_framework(tmp):
    """science: independent ions in a framework at rest.  P_alkali alone moves, so J = P_A in any frame and
    t_A = (P'_A . J)/(J . J) = m_F/(m_A + m_F) holds for every realisation; the Haven ratio has its error."""
    rng = np.random.RandomState(3)
    units, steps = 16, 2000
    cube = 13.0 * np.eye(3)
    walk = hops(rng, steps, units, 1, 0.4, 2.5)
    rest = places(len(laco("Li", units)), 13.0, rng)
    for alkali in ("Li", "Na", "K"):
        symbols = laco(alkali, units)
        n = steps if alkali == "Li" else 400
        x = rest + np.zeros((n + 1, 1, 1))
        x[:, :units] += walk[:n + 1]
        path = write_xyz(join(tmp, "r.xyz"), symbols, wrapped(x, cube), cube)
        a = answer("analyze", path, "--dt", 1, "--temperature", 600)
        haven = a["haven"]
        near(haven["framework"], 1, 3 * haven["framework_se"], f"{alkali}: Haven ratio of independent hops")
        check(n < steps or haven["framework_se"] < 0.15, "known to 15 %")
        total = sum(MASS[s] for s in symbols)
        m = MASS[alkali] / total
        # sum |dr - m P|^2 = sum dr^2 - (2 m - N m^2) P^2 for each ion as seen from the centre of mass
        near(haven["total"], haven["framework"] - (2 * m - units * m * m), 1e-5, f"{alkali}: a framework at rest")
        others = total / units - MASS[alkali]
        t_a = others / (MASS[alkali] + others)
        # 10 digits are written, masses agree to 4 digits of the standard weights
        near(a["transference"]["barycentric"][alkali], t_a, 1e-4, f"{alkali}: barycentric transference")
        near(a["transference"]["framework"][alkali], 1, 1e-7, f"{alkali}: framework transference")
        z = {s["symbol"]: s["charge"] for s in a["species"]}
        rest_moves = sum(z[s] ** 2 for s in symbols if s != alkali) * m * m / haven["total"]
        near(a["transference"]["self"][alkali], 1 / (1 + rest_moves), 1e-4, f"{alkali}: transference by self motion")
        for frame, of_ions in (("barycentric", t_a), ("framework", 1)):
            t = a["transference_95"][frame][alkali]
            check(t["lo95"] - 1e-4 <= of_ions <= t["hi95"] + 1e-4, f"{alkali}: interval of t, {frame}: {t}")
        order = a["onsager"]["species"]
        l_ij = np.array(a["onsager"]["L"])
        sigma = sum(z[i] * z[j] * l_ij[p, q] for p, i in enumerate(order) for q, j in enumerate(order))
        near(sigma, a["sigma_mS_cm"], 1e-9 * abs(sigma), f"{alkali}: sigma = sum z_i z_j L_ij")
        if alkali == "Li":
            # a Poisson number of hops, 0.4 a step: alpha_2 = 3/(5 x 0.4), falling with the lag; 32 000 windows
            ng = next(g for g in a["non_gaussian"] if g["species"] == "Li")
            near(ng["alpha2_max"], 1.5, 0.2, "non-Gaussian parameter of hops")
            check(ng["alpha2_peak_ps"] is None and warns(a, "parameter of Li has no peak"), "no peak at the first lag")
            check(np.isclose(t_a, 0.948, atol=5e-4), "as in the table of the notes")
        # (d): 1 - 2m/M + N m^2/M^2; the collective part is known to sqrt(8 t1/3 run), t1 = 5 ps, of its expectation
        b = answer("analyze", path, "--dt", 1, "--temperature", 600, "--frame", "barycentric")
        check((a["frame"], b["frame"]) == ("framework", "barycentric") == (a["onsager"]["frame"], b["onsager"]["frame"]),
              "the frame is named")
        ratio = species(b, alkali)["D_cm2_s"] / species(a, alkali)["D_cm2_s"]
        expected = 2 * m - units * m * m
        near(1 - ratio, expected, 3 * np.sqrt(8 * 5 / (3 * n)) * expected, f"{alkali}: D(barycentric)/D(framework)")
        near(b["sigma_mS_cm"], a["sigma_mS_cm"], 1e-9 * a["sigma_mS_cm"], f"{alkali}: sigma knows no frame")
        mass = np.array([MASS[s] for s in order])
        near(abs(np.array(b["onsager"]["L"]) @ mass).max() / abs(np.array(b["onsager"]["L"]) * mass).max(), 0, 1e-4,
             f"{alkali}: sum_j m_j L_ij = 0 in the barycentric frame")


def without_metal(tmp):
    """Li hops among I: no frame of metals.  D, sigma and Haven ratios do not see a drift, and D says its frame."""
    rng = np.random.RandomState(6)
    units, steps = 24, 800
    symbols = ["Li"] * 3 * units + ["I"] * 3 * units
    cube = 20.0 * np.eye(3)
    x = places(len(symbols), 20.0, rng) + np.zeros((steps + 1, 1, 1))
    x[:, :3 * units] += hops(rng, steps, 3 * units, 1, 0.2, 2.5)
    drift = x + 0.03 * np.arange(steps + 1)[:, None, None]
    ask = ("--dt", 0.5, "--temperature", 600)
    a, b = (answer("analyze", write_xyz(join(tmp, "n.xyz"), symbols, wrapped(q, cube), cube), *ask) for q in (x, drift))
    for o in (a, b):
        li = species(o, "Li")
        near(li["D_cm2_s"], 0.2 * 2.5**2 / 0.5 / 6 * 1e-4, 4 * li["D_se_cm2_s"], "D of hops among I")
        check(li["D_lo95_cm2_s"] < li["D_cm2_s"] < li["D_hi95_cm2_s"], "and its interval")
        check(o["frame"] == li["frame"] == o["onsager"]["frame"] == "barycentric", "the frame of D is named")
        check(o["haven"]["metal"]["value"] is None and o["haven"]["framework"] is None
              and o["transference"]["framework"] is None and o["transference_95"]["framework"] is None, "no frame of metals")
        check(warns(o, "there is no metal"), "and why")
    for what in ("barycentric", "frame_free"):
        h = a["haven"][what]
        check(h["lo95"] < h["value"] < h["hi95"] and h["window_ps"][1] == 2 * h["window_ps"][0], f"Haven ratio {what}: {h}")
        near(b["haven"][what]["value"], h["value"], 1e-6, f"Haven ratio {what} under a drift")
    near(b["sigma_mS_cm"], a["sigma_mS_cm"], 1e-6 * a["sigma_mS_cm"], "sigma under a drift")
    check(a["sigma_lo95_mS_cm"] < a["sigma_mS_cm"] < a["sigma_hi95_mS_cm"], "interval of sigma")
    code, text, _ = run("analyze", join(tmp, "n.xyz"), *ask)
    check(code == 0 and "frame: barycentric" in text and "none: there is no metal" in text, "the text says it, too")


def strings(tmp):
    """g ions hop by the same vector: <dP^2> = g^2 a^2 for g a^2 of self motion, H = 1/g."""
    rng = np.random.RandomState(4)
    units, steps = 18, 2000
    symbols = ["Li"] * units + ["Al"] * units + ["Cl"] * 4 * units
    cube = 16.0 * np.eye(3)
    x = places(len(symbols), 16.0, rng) + np.zeros((steps + 1, 1, 1))
    x[:, :units] += hops(rng, steps, units, 3, 0.4, 2.5)
    a = answer("analyze", write_xyz(join(tmp, "g.xyz"), symbols, wrapped(x, cube), cube), "--dt", 1, "--temperature", 600)
    haven, se = a["haven"]["framework"], a["haven"]["framework_se"]
    near(haven, 1 / 3, 3 * se, "Haven ratio of strings of three")
    check(se < 0.05, f"known to 15 %: {se}")
    near(a["sigma_ne_mS_cm"] / a["sigma_mS_cm"], 1 / 3, 3 * se, "sigma_NE / sigma")


# ---------------------------------------------------------------------------------------------- (b) structure

TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3)


def hopper(tmp):
    """Ions leave a metal without oxygen (state 0) and one with an oxygen (state 1) with times tau_k for a place at
    neither (state 2), and from there to either.  A Markov chain in steps of dt: survival follows from its matrix."""
    rng = np.random.RandomState(5)
    n, steps, dt, tau, tau_off = 60, 2500, 0.2, (3.0, 8.0), 2.5
    stay = np.exp(-dt / np.array([*tau, tau_off]))
    p = np.array([[stay[0], 0, 1 - stay[0]], [0, stay[1], 1 - stay[1]], [(1 - stay[2]) / 2, (1 - stay[2]) / 2, stay[2]]])
    stationary = np.linalg.solve(np.vstack([(p.T - np.eye(3))[:2], np.ones(3)]), [0, 0, 1])
    state = np.zeros((steps + 1, n), int)
    state[0] = rng.choice(3, n, p=stationary)
    edge = np.cumsum(p, axis=1)
    for t in range(steps):
        state[t + 1] = np.minimum((rng.uniform(size=(n, 1)) > edge[state[t]]).sum(axis=1), 2)
    metal = np.array([[7.0, 10, 10], [22, 10, 10]])
    way = rng.normal(size=(n, 3))
    way *= 2.6 / np.linalg.norm(way, axis=1)[:, None]
    anions = np.vstack([metal[0] + 2.1 * TETRAHEDRON, metal[1] + 2.1 * TETRAHEDRON])
    x = np.zeros((steps + 1, n + 10, 3))
    x[:, :n] = np.vstack([metal, [[14.5, 2, 2]]])[state] + way
    x[:, n:] = np.vstack([metal, anions])
    symbols = ["Li"] * n + ["Al"] * 2 + ["Cl"] * 7 + ["O"]
    a = answer("analyze", write_xyz(join(tmp, "h.xyz"), symbols, x, np.diag([30.0, 20, 20]), 5), "--dt", dt,
               "--cutoffs", "Al-Li=3.2,Al-Cl=2.6,Al-O=2.6")
    check([(r["alkali"], r["o_count"]) for r in a["residence"]] == [("Li", 0), ("Li", 1)], "a row for each class")
    patience = 10  # samples of an absence that does not count: 2 ps
    for k, row in enumerate(a["residence"]):
        formed = ((state[1:] == k) & (state[:-1] != k)).sum()
        check(row["visits"] == formed, f"visits {row['visits']}, {formed} were made")
        near(row["bonds"], (state == k).sum(axis=1).mean(), 1e-9, "bonds of a frame")
        near(row["tau_continuous_ps"], tau[k], 3 * (row["tau_continuous_se_ps"] or 0), f"continuous, k = {k}")
        near(row["tau_continuous_se_ps"], row["tau_continuous_ps"] / np.sqrt(formed), 1e-9, f"its error, k = {k}")
        # intermittent: the probability to come back after at most `patience` samples away
        away = np.delete(np.delete(p, k, 0), k, 1)
        leave = np.delete(p[k], k) / (1 - p[k, k])
        back = 1 - leave @ np.linalg.matrix_power(away, patience) @ np.ones(2)
        samples = 1 / ((1 - stay[k]) * (1 - back))  # present until the first long absence
        near(row["tau_intermittent_ps"], dt * (samples - 0.5), 4 * (row["tau_intermittent_se_ps"] or 0) / np.sqrt(1 - back),
             f"intermittent, k = {k}")
        # endpoint: sum of (P^t)_kk - pi_k; the analysis takes the share by chance as measured
        c, power, total = 1.0, np.eye(3), 0.5
        for _ in range(2000):
            power = power @ p
            c = (power[k, k] - stationary[k]) / (1 - stationary[k])
            total += c
        near(row["tau_endpoint_ps"], dt * total, 4 * (row["tau_endpoint_se_ps"] or 0), f"endpoint, k = {k}")
    check(abs(a["polyhedra"]["o_count"]["0"] - 0.5) < 1e-12 and a["polyhedra"]["cn_histogram"] == {"4": 1.0}, "polyhedra")


def chain(lengths, edges, symbols, x, at):
    """Metals 3.4 A apart along x; link i is a corner (one O) or, in `edges`, an edge (two); Cl up to four anions."""
    cross = np.array([[0, 2.1, 0], [0, -2.1, 0], [0, 0, 2.1], [0, 0, -2.1]])
    oxygens = [0] * lengths
    for i in range(lengths):
        symbols.append("Al")
        x.append(at + [3.4 * i, 0, 0])
    for i in range(lengths - 1):
        for y in ((0.9, -0.9) if i in edges else (0.0,)):
            symbols.append("O")
            x.append(at + [3.4 * i + 1.7, y, 0])
            oxygens[i] += 1
            oxygens[i + 1] += 1
    for i in range(lengths):
        for v in cross[:4 - oxygens[i]]:
            symbols.append("Cl")
            x.append(at + [3.4 * i, 0, 0] + v)
    return oxygens


def chains(tmp):
    """Three monomers, two dimers, a trimer with an edge: everything can be counted by hand."""
    symbols, x, oxygens = [], [], []
    for i, (n, edges) in enumerate([(1, ()), (1, ()), (1, ()), (2, ()), (2, ()), (3, (1,))]):
        oxygens += chain(n, edges, symbols, x, np.array([3.0, 5 + 10 * (i % 3), 5 + 10 * (i // 3)]))
    symbols.append("Na")  # far from everything
    x.append([20.0, 5, 25])
    frames = np.array(x) + np.zeros((6, 1, 1))
    a = answer("analyze", write_xyz(join(tmp, "c.xyz"), symbols, frames, np.diag([30.0, 30, 30])), "--dt", 0.1,
               "--cutoffs", "Al-O=2.3,Al-Cl=2.5,Na-Al=4")
    c = a["chains"]
    check(c["fragments"] == {"1": 3.0, "2": 2.0, "3": 1.0}, f"fragments {c['fragments']}")
    near(c["mean_size"], 10 / 6, 1e-12, "mean size")
    near(c["weight_mean_size"], (3 + 2 * 4 + 9) / 10, 1e-12, "mean size by weight")
    near(c["largest"], 3, 1e-12, "largest")
    check(c["sharing"] == {"corner": 3.0, "edge": 1.0, "face": 0.0}, f"sharing {c['sharing']}")
    wanted = {str(k): oxygens.count(k) / 10 for k in set(oxygens)}
    for o in (c["o_count"], a["polyhedra"]["o_count"]):
        check(o.keys() == wanted.keys() and all(abs(o[k] - wanted[k]) < 1e-12 for k in o), f"o_count {o}, {wanted}")
    check(a["polyhedra"]["centre"] == "Al" and a["polyhedra"]["cn_histogram"] == {"4": 1.0}, "coordination")
    check(a["polyhedra"]["metals_per_anion"]["Cl"] == {"1": 1.0}, "chlorine is terminal")
    check(a["polyhedra"]["metals_per_anion"]["O"] == {"2": 1.0}, "oxygen bridges")
    for anion in ("O", "Cl"):
        cn = next(q["cn"] for q in a["coordination"] if q["pair"] == ["Al", anion])
        mean = np.mean(oxygens) if anion == "O" else 4 - np.mean(oxygens)
        near(cn, mean, 1e-9, f"{anion} around Al from g(r): no distance near the cutoff")
        b = next(q for q in a["bonds"] if q["pair"] == ["Al", anion])
        near(b["per_metal"], mean, 1e-9, f"Al-{anion} bonds of a metal")
        check(b["lifetime_ps"] is None and b["lifetime_longer_than_ps"] > 0, f"Al-{anion} bonds do not break")
    check(all(r["tau_endpoint_ps"] is None for r in a["residence"]) and warns(a, "there were no such bonds"), "no residence")


# ---------------------------------------------------------------------------------------------- (c) usage errors

def pipes(tmp):
    """The file is read twice: a pipe would hang or end early."""
    fifo = join(tmp, "fifo")
    os.mkfifo(fifo)
    code, _, err = run("analyze", fifo, "--dt", "1")
    check(code == 2 and "is not a regular file" in err, err)


def flight(tmp):
    """Free flight has a slope, but no diffusion."""
    rng = np.random.default_rng(5)
    symbols = laco("Li", 4)
    start, v = rng.uniform(0, 14, (len(symbols), 3)), rng.normal(0, 2, (len(symbols), 3))
    t = 0.1 * np.arange(400)
    cell = 14 * np.eye(3)
    x = write_xyz(join(tmp, "flight.xyz"), symbols, wrapped(start + t[:, None, None] * v, cell), cell)
    a = answer("analyze", x, "--dt", "0.1", "--temperature", "600")
    check(all(s["D_cm2_s"] is None for s in a["species"]), "free flight has no D")
    check(warns(a, "faster than diffusion"), f"{a['warnings']}")


def usage(tmp):
    lattice = 'Lattice="9 0 0 0 9 0 0 0 9"\n'
    frame = "2\n" + lattice + "Li 0 0 0\nCl 3 0 0\n"
    good = write(join(tmp, "good.xyz"), 5 * frame)
    check(run("analyze", good, "--dt", 0.1)[0] == 0, "a good file")
    crowd = "15\n" + lattice + "Al 4 4 4\n" + "".join(f"Cl {2 + 0.3 * i:.1f} 6 4\n" for i in range(14))
    code, _, err = run("analyze", write(join(tmp, "crowd.xyz"), 2 * crowd), "--dt", 0.1, "--cutoffs", "Al-Cl=9")
    check(code == 2 and "atom 0 has more than 12" in err and "--cutoffs" in err, f"a crowd: {code}, {err}")
    for text, args, what in (
            (None, [good], "--dt is missing"),
            (None, [], "TRAJECTORY"),
            (None, [join(tmp, "absent.xyz"), "--dt", 1], "absent.xyz"),
            (None, [good, "--dt", 0], "--dt"),
            (None, [good, "--dt", "fast"], "--dt"),
            (None, [good, "--dt", 1, "--temperature", -5], "--temperature"),
            (None, [good, "--dt", 1, "--frame", "volume"], "--frame"),
            *((None, [good, "--dt", 1, "--cutoffs", c], "--cutoffs") for c in
              ("Li", "Li-Cl", "Li-Cl=", "Li-Cl=-1", "Li-Cl=nan", "Qq-Cl=3", "Li=3", "Li-Cl=3;Li-Li=4",
               "=", "-", "-=3", "Li-Cl=99", ",".join(["Li-Cl=3"] * 65))),
            *((None, [good, "--dt", 1, "--charges", c], "--charges") for c in
              ("Li", "Li=", "Li=x", "Li=1.5", "Li=99", "Qq=1", "=1", ",".join(["Li=1"] * 17))),
            ("", [], "needs at least 2"),
            (frame, [], "needs at least 2"),
            (frame + "1\n" + lattice + "Li 0 0 0\n", [], ":5:1: frame 2 has 1 atoms"),
            (frame + "2\n" + lattice + "Cl 0 0 0\nLi 3 0 0\n", [], "atoms must keep their order"),
            (frame + "2\n" + lattice + "Li 0 0 0\n", [], "the file ends after 1 of 2 atoms"),
            (frame + frame.replace("3 0 0", "nan 0 0"), [], "finite number"),
            (frame + frame.replace("9 0 0 0 9", "9 0 0 9 0"), [], "no volume"),
            (frame + frame.replace("Cl", "Qq"), [], "not an element"),
            ("\0\1\2 not text", [], "NUL"),
            (open(os.path.abspath(__file__), encoding="utf-8").read(), [], "expected the number of atoms")):
        if text is not None:
            args = [write(join(tmp, "bad.xyz"), text), "--dt", 0.1]
        code, out, err = run("analyze", *args)
        check(code == 2 and what in err and not out, f"{args[1:]} {what}: exit code {code}, {err!r}")
    corpus = sorted(glob.glob(join(source, "tests", "fuzz", "corpus", "xyz", "*")))
    check(len(corpus) > 10, "the corpus is there")
    for path in corpus:
        text = open(path, "rb").read()
        twice = join(tmp, "twice.xyz")
        with open(twice, "wb") as f:
            f.write(text + (b"" if text.endswith(b"\n") else b"\n") + text)
        for p in (path, twice):
            code, _, err = run("analyze", p, "--dt", 0.1, "--temperature", 300, "--json")
            check(code in (0, 2), f"{path}: exit code {code}: {err}")


with folder() as tmp:
    for part in (against_the_run, random_walk, nothing_to_see, rigid_framework, without_metal, strings, hopper, chains, pipes, flight, usage):
        part(tmp)
finish(checks)
