#!/usr/bin/python3
"""training_report.py VITRION MPIEXEC SOURCE - what `vitrion train` and `vitrion validate --output` write about a model.

Claims: the errors follow from parity/*.csv alone (numpy); report.html is well-formed and asks for no other file; the card
names the data by their SHA-256; a training that has ended writes the same card again; a model that cannot hold a melt is
written, but the exit code is 3 and the card says why, on one rank as on two; one that holds it gives 0."""
import csv, hashlib, html.parser, json, pathlib, random, re, subprocess, sys, tempfile, unittest
import xml.etree.ElementTree as ET

import numpy

import training as small  # the same arguments; a Li-Cl model of random numbers and frames that it labels

vitrion, mpiexec, source = sys.argv[1:4]
SVG = "{http://www.w3.org/2000/svg}"


def table(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def rmse(rows, axes=("",)):
    """1e3 times the root mean square of predicted - label over the columns of these axes."""
    unit = "_eV_A" if axes != ("",) else "_eV_atom"
    d = [float(r[f"predicted{a}{unit}"]) - float(r[f"label{a}{unit}"]) for r in rows for a in axes]
    return 1e3 * numpy.sqrt(numpy.mean(numpy.square(d)))


def sha(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def number_of(cell):
    return float(cell.strip())


def rows_of(card, heading):
    """The table under a heading: a dictionary from the first cell to the others."""
    part = card.split(heading, 1)[1]
    lines = re.search(r"((?:^\|.*\n)+)", part, re.M).group(1).splitlines()[2:]
    return {c[0].strip(): [x.strip() for x in c[1:]] for c in (line.strip("|").split("|") for line in lines)}


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="vitrion-report-")
        cls.dir = pathlib.Path(cls.tmp.name)
        rng = random.Random(11)
        (cls.dir / "truth.txt").write_text(small.truth(rng))
        small.label(cls.dir, "train.xyz", small.frames(rng, 60))
        small.label(cls.dir, "test.xyz", small.frames(rng, 10))
        text = (cls.dir / "test.xyz").read_text().replace("run=r", "run=t")
        # one frame in twelve of another kind, with names that tables and pages must quote; stretched by its own word
        first, rest = text[:text.index("run=t1")], text[text.index("run=t1"):]
        first = re.sub(r"composition=\S+ config_type=md", 'composition="odd <b>&, name" config_type="a,b" v_v0=1.2', first)
        (cls.dir / "test.xyz").write_text(first + rest)
        cls.yaml = small.FILE.replace("EPOCHS", "4")
        (cls.dir / "train.yaml").write_text(cls.yaml)
        cls.out = cls.dir / "out"
        cls.run_1 = small.train(cls.dir, 1, cls.out)
        assert cls.run_1.returncode == 0, cls.run_1.stderr
        cls.test = json.loads((cls.out / "test.json").read_text())
        cls.card = (cls.out / "README.md").read_text()

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def test_1_the_errors_follow_from_the_parity_tables(self):
        energy, force, virial = (table(self.out / "parity" / f"{n}.csv") for n in ("energy", "force", "virial"))
        self.assertEqual((len(energy), len(force), len(virial)), (10, 160, 90))
        axes = ("_x", "_y", "_z")
        # the tables have nine digits and more
        self.assertAlmostEqual(rmse(energy) / self.test["energy_rmse_meV_atom"], 1, delta=1e-6)
        self.assertAlmostEqual(rmse(force, axes) / self.test["force_rmse_meV_A"], 1, delta=1e-6)
        self.assertAlmostEqual(rmse(virial) / self.test["virial_rmse_meV_atom"], 1, delta=1e-6)
        for element, of in self.test["by_element"].items():
            self.assertAlmostEqual(rmse([r for r in force if r["element"] == element], axes) / of["force_rmse_meV_A"], 1, delta=1e-6)
        self.assertIn("odd <b>&, name", self.test["by_composition"])
        for comp, of in self.test["by_composition"].items():
            diagonal = [1e3 * (float(r["predicted_eV_atom"]) - float(r["label_eV_atom"])) for r in virial
                        if r["composition"] == comp and r["component"] in ("xx", "yy", "zz")]
            self.assertAlmostEqual(numpy.mean(diagonal) / of["mean_virial_meV_atom"], 1, delta=1e-5)
            self.assertEqual(len(diagonal), 3 * of["n_frames"])
        self.assertEqual({r["config_type"] for r in energy}, {"md", "a,b"})
        self.assertEqual(self.test["by_v_v0"]["1.15 to 1.30"]["n_frames"], 4)
        where = {(r["file"], int(r["line"])) for r in energy}
        self.assertEqual(where, {(str(self.dir / "test.xyz"), 1 + 18 * k) for k in range(10)})

    def test_2_the_page_is_well_formed_and_asks_for_nothing_else(self):
        text = (self.out / "report.html").read_text()
        root = ET.fromstring(text)  # XML: every tag closed, every name quoted
        names = [s.get("aria-label") for s in root.iter(SVG + "svg")]
        self.assertEqual(names, ["learning curve", "parity of energy, forces, virial", "mean virial error by composition"])
        tags = Tags()
        tags.feed(text)
        for tag, attrs in tags.seen:
            self.assertNotIn(tag, ("script", "link", "img", "iframe", "object"))
            self.assertFalse({"src", "href"} & attrs.keys(), tag)
        self.assertNotIn("url(", text)
        words = "".join(root.itertext())
        self.assertIn("odd <b>&, name", words)
        for said in ("epoch", "RMSE, meV/atom", "RMSE, meV/A", "label, eV/A", "predicted, eV/atom", "validation, averaged numbers",
                     f"RMSE {self.test['force_rmse_meV_A']:.1f} meV/A", f"{160 * 3} points"):
            self.assertIn(said, words)
        curve = next(root.iter(SVG + "svg"))
        lines = [p.get("d") for p in curve.iter(SVG + "path") if p.get("class") == "line train" and "L" in p.get("d")]
        rows = table(self.out / "train.csv")
        self.assertEqual(len(rows), 7)  # four epochs and three steps of all data; those that were no better are not shown
        n = sum(r["phase"] != "rejected" for r in rows)
        self.assertEqual([d.count("M") + d.count("L") for d in lines], [n] * 5)  # five quantities
        bars = [r for r in root.iter(SVG + "rect") if r.get("class", "").startswith("bar ")]
        self.assertEqual(len(bars), len(self.test["by_composition"]))
        for number in re.findall(r' [dxy]="([^"]*)"', text):
            self.assertNotRegex(number, "nan|inf")

    def test_3_the_card_says_what_ran(self):
        for name in ("train.xyz", "test.xyz", "out/nep.txt"):
            self.assertIn(sha(self.dir / name), self.card)
        for said in ("# tiny\n", "NEP4, 2 elements", "| seed | 3, 1 model |", "4 epochs, 5 frames a step, largest rate 0.01",
                     "energy 10 meV/atom, force 100 meV/A, virial 20 meV/atom, mean virial of a composition 5 meV/atom",
                     "0.2 of the frames were held back, by trajectory", "Smoke test: not run", "passed.",
                     "Every pair of its elements is within the cutoff",
                     "* 1 of the 4 compositions of the test set are not in the training data."):
            self.assertIn(said, self.card)
        sets = rows_of(self.card, "## Errors")
        self.assertEqual(number_of(sets["training"][0]) + number_of(sets["validation"][0]), 60)
        got = [number_of(c) for c in sets["test"]]
        want = [10, self.test["energy_rmse_meV_atom"], self.test["force_rmse_meV_A"], self.test["force_slope"],
                self.test["virial_rmse_meV_atom"], self.test["mean_virial_meV_atom"]]
        for a, b, digits in zip(got, want, (0, 2, 1, 3, 2, 2)):
            self.assertAlmostEqual(a, b, delta=0.51 * 10 ** -digits)
        means = [abs(c["mean_virial_meV_atom"]) for c in self.test["by_composition"].values()]
        self.assertEqual(got[6:], [len(means), sum(m > 6 for m in means), sum(m > 10 for m in means)])
        shown = [abs(number_of(r[19])) for r in rows_of(self.card, "### By composition").values() if r[19] != "-"]
        self.assertEqual(len(shown), len(means))
        self.assertEqual(shown, sorted(shown, reverse=True))  # worst first
        self.assertIn("1.15 to 1.30", rows_of(self.card, "### By volume"))

    def nearest(self, pair):
        best, lines = 99.0, (self.dir / "train.xyz").read_text().splitlines()
        for k in range(0, len(lines), 18):
            edge = float(lines[k + 1].split('"')[1].split()[0])
            atoms = [line.split() for line in lines[k + 2:k + 18]]
            x = numpy.array([[float(v) for v in a[1:4]] for a in atoms])
            d = x[:, None] - x[None]
            r = numpy.linalg.norm(d - edge * numpy.round(d / edge), axis=2) + 99 * numpy.eye(16)
            s = numpy.array([a[0] for a in atoms])
            here = r[numpy.ix_(s == pair[0], s == pair[1])]
            best = min(best, here.min()) if here.size else best
        return best

    def test_4_a_training_that_has_ended_writes_the_same_card_again(self):
        before = {n: (self.out / n).read_bytes() for n in ("README.md", "report.html", "parity/force.csv", "nep.txt", "train.csv")}
        for name in ("README.md", "report.html", "parity/force.csv"):
            (self.out / name).unlink()
        p = small.train(self.dir, 2, self.out)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("4 of 4 epochs, 3 of 3 steps of all data done", p.stderr)
        for name, data in before.items():
            self.assertEqual((self.out / name).read_bytes(), data, name)

    def nonsense(self):
        """Frames whose labels are noise: what learns them cannot hold a melt."""
        rng, out = random.Random(4), []
        for line in (self.dir / "train.xyz").read_text().splitlines():
            w = line.split()
            if w[0] in ("Li", "Cl"):
                line = " ".join(w[:4] + [f"{rng.gauss(0, 5):.6f}" for _ in range(3)])
            out.append(re.sub(r"energy=\S+", f"energy={rng.gauss(0, 15):.6f}", line))
        return "\n".join(out) + "\n"

    def test_5_a_model_that_cannot_hold_a_melt_is_written_and_called_failed(self):
        (self.dir / "noise.xyz").write_text(self.nonsense())
        text = self.yaml.replace("train.xyz", "noise.xyz").replace("smoke: no", "smoke: {temperature: 900 K, duration: 3 ps}")
        text = text.replace("epochs: 4", "epochs: 1").replace("test: {files: [test.xyz]}\n", "").replace("zbl: 0", "zbl: 1 A")
        (self.dir / "noise.yaml").write_text(text)
        cards = []
        for ranks in (1, 2):
            out = self.dir / f"noise{ranks}"
            p = small.train(self.dir, ranks, out, "noise.yaml")
            self.assertEqual(p.returncode, 3, p.stderr)
            self.assertIn("failed: smoke test, melt of", p.stderr)
            self.assertIn("failed", p.stderr.splitlines()[-1])
            self.assertTrue((out / "nep.txt").exists())
            cards.append((out / "README.md").read_text().replace(str(out), "OUT"))
            n = int(re.search(r"This model failed (\d+) of its own checks", cards[-1]).group(1))
            self.assertEqual(cards[-1].count("| **failed**: "), n)
            self.assertEqual(cards[-1].count("* Failed: smoke test"), n)
            self.assertEqual(len(table(out / "parity" / "energy.csv")), 12)  # a fifth of 60: validation, for want of a test set
            self.assertIn("failed", "".join(ET.parse(out / "report.html").getroot().itertext()))
        self.assertEqual(cards[0], cards[1])
        out = self.dir / "noise1"  # a halt file stops the smoke test; afterwards the same command repeats it
        (out / "HALT").write_text("now\n")
        p = small.train(self.dir, 2, out, "noise.yaml")
        self.assertEqual(p.returncode, 75, p.stderr)
        (out / "HALT").unlink()
        p = small.train(self.dir, 2, out, "noise.yaml")
        self.assertEqual(p.returncode, 3, p.stderr)
        self.assertEqual((out / "README.md").read_text().replace(str(out), "OUT"), cards[0])

    def test_6_validate_writes_the_same_tables_for_any_potential(self):
        p = subprocess.run([vitrion, "validate", self.out / "nep.txt", self.dir / "test.xyz", "--output", self.dir / "any"],
                           capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        for name in ("energy", "force", "virial"):
            here, there = (table(d / "parity" / f"{name}.csv") for d in (self.dir / "any", self.out))
            self.assertEqual(len(here), len(there))
            for a, b in zip(here, there):  # nep.txt has ten digits of what the trainer has
                for key in a:
                    if key.startswith("predicted"):
                        self.assertAlmostEqual(float(a[key]), float(b[key]), delta=1e-6)
                    else:
                        self.assertEqual(a[key], b[key])
        card = (self.dir / "any" / "README.md").read_text()
        self.assertEqual(rows_of(card, "## Errors")["test"], rows_of(self.card, "## Errors")["test"])
        self.assertIn("is not known here", card)
        self.assertEqual(len(list(ET.parse(self.dir / "any" / "report.html").getroot().iter(SVG + "svg"))), 2)  # no curve
        p = subprocess.run([vitrion, "validate", self.out / "nep.txt", self.dir / "test.xyz", "--smoke"], capture_output=True, text=True)
        self.assertEqual(p.returncode, 2)
        self.assertIn("--smoke needs --output DIR", p.stderr)

    def test_7_a_potential_that_holds_its_melts_passes(self):
        potential = pathlib.Path(source) / "campaigns/potentials/oxyhalide7-v0.nep.txt"
        rng, edge, frames = random.Random(2), 8.2, []
        for _ in range(2):
            sites = [(a, b, c) for a in range(3) for b in range(2) for c in range(2)]
            symbols = ["Li"] * 2 + ["Al"] * 2 + ["Cl"] * 8
            rng.shuffle(symbols)
            frames.append((symbols, [[s[0] / 3 * edge + rng.gauss(0, 0.1), s[1] / 2 * edge + rng.gauss(0, 0.1),
                                      s[2] / 2 * edge + rng.gauss(0, 0.1)] for s in sites], edge))
        (self.dir / "bare.xyz").write_text(small.text_of(frames))
        p = subprocess.run([vitrion, "energy", potential, self.dir / "bare.xyz", "--json"], capture_output=True, text=True, check=True)
        text = small.text_of(frames, json.loads(p.stdout)["frames"])
        (self.dir / "held.xyz").write_text(re.sub(r"composition=\S+", "composition=LiAlCl4", text))
        p = subprocess.run([vitrion, "validate", potential, self.dir / "held.xyz", "--output", self.dir / "held", "--smoke"],
                           capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        rows = re.findall(r"^\| LiAlCl4 \| 120 \| (\d) \| 1100 \| 20 \| 5 \| (\S+) \| held \|$",
                          (self.dir / "held" / "README.md").read_text(), re.M)
        self.assertEqual([r[0] for r in rows], ["1", "2", "3"])
        for _, drift in rows:
            self.assertLess(abs(float(drift)), 0.1)

    def test_8_pairs_that_were_seen_have_their_distance_the_others_are_named(self):
        text = self.yaml.replace("[Li, Cl]", "[Li, Cl, Na]").replace("epochs: 4", "epochs: 1").replace("test: {files: [test.xyz]}\n", "")
        (self.dir / "na.yaml").write_text(text.replace("fraction: 0.2", "files: [test.xyz]"))  # so all of train.xyz is trained on
        p = small.train(self.dir, 1, self.dir / "na", "na.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        card = (self.dir / "na" / "README.md").read_text()
        self.assertIn("Pairs of elements never within the cutoff in the training data: Li-Na, Cl-Na, Na-Na.", card)
        nearest = {m[0]: float(m[1]) for m in re.findall(r"((?:Li|Cl)-(?:Li|Cl)) (\d\.\d\d)", card)}
        self.assertEqual(set(nearest), {"Li-Li", "Li-Cl", "Cl-Cl"})
        for pair, d in nearest.items():
            self.assertAlmostEqual(d, self.nearest(pair.split("-")), delta=0.0051)  # two digits

    def committee(self, name, text, code):
        (self.dir / f"{name}.yaml").write_text(text)
        p = small.train(self.dir, 2, self.dir / name, f"{name}.yaml")
        self.assertEqual(p.returncode, code, p.stderr)
        out = self.dir / name
        return out, (out / "README.md").read_text(), json.loads((out / "committee.json").read_text())

    def validate(self, potential, data="test.xyz"):
        p = subprocess.run([vitrion, "validate", potential, self.dir / data, "--json"], capture_output=True, text=True, check=True)
        return json.loads(p.stdout)

    def test_9_the_card_of_a_committee_is_its_own(self):
        """References: `validate` of the committee and of each member (ten digits of a number in a file: 1e-8 of an error)."""
        out, card, said = self.committee("com", self.yaml.replace("seed: 3", "seed: 3, seeds: 3"), 0)
        self.assertIn("# tiny: a committee of 3", card)
        self.assertIn("All members passed their own checks; there was no smoke test among them.", card)
        self.assertEqual(said["mean"], self.validate(out / "committee.txt"))
        members = rows_of(card, "## Members")
        self.assertEqual(list(members), ["3", "4", "5", "mean of all"])
        loss = {}
        for seed, of in zip((3, 4, 5), said["members"]):
            self.assertEqual(of["test"], self.validate(out / f"nep_seed{seed}.txt"))
            self.assertAlmostEqual(number_of(members[str(seed)][3]), of["test"]["force_rmse_meV_A"], delta=0.051)
            self.assertEqual(members[str(seed)][-1], "passed")
            loss[seed] = of["validation_loss"]
            best = min((r for r in table(out / f"seed{seed}/train.csv") if r["validation_loss"]), key=lambda r: float(r["validation_loss"]))
            self.assertAlmostEqual(of["validation_loss"] / float(best["validation_loss"]), 1, delta=1e-5)
        self.assertIn(f"of one member, seed {min(loss, key=loss.get)}, the best on validation", card)
        spread = rows_of(card, "## Spread of the members")
        self.assertEqual(set(spread), {"all", "md", "a,b"} | set(said["mean"]["by_composition"]))
        all_ = said["mean"]["committee"]
        for cell, want, delta in zip(spread["all"], (10, all_["energy_spread_meV_atom"], said["mean"]["energy_rmse_meV_atom"],
                                                     all_["force_spread_meV_A"] / 3 ** 0.5, said["mean"]["force_rmse_meV_A"]),
                                     (0, 0.0051, 0.0051, 0.051, 0.051)):
            self.assertAlmostEqual(number_of(cell), want, delta=delta)
        self.assertIn(f"forces on atoms {all_['force_spread_error_r']:.2f}.", card)

    def test_10_a_committee_names_its_members_that_failed(self):
        (self.dir / "noise.xyz").write_text(self.nonsense())
        text = self.yaml.replace("train.xyz", "noise.xyz").replace("smoke: no", "smoke: {temperature: 900 K, duration: 3 ps}")
        text = text.replace("epochs: 4", "epochs: 1").replace("test: {files: [test.xyz]}\n", "").replace("seed: 3", "seed: 3, seeds: 2")
        out, card, said = self.committee("bad", text.replace("zbl: 0", "zbl: 1 A"), 3)
        failed = {3 + k: m["failed_checks"] for k, m in enumerate(said["members"])}
        self.assertTrue(any(failed.values()))
        self.assertIn(f"**{sum(n > 0 for n in failed.values())} of the 2 members failed their own checks", card)
        status = json.loads((out / "status.json").read_text())
        for k, (seed, n) in enumerate(failed.items()):
            mine = (out / f"seed{seed}/README.md").read_text()
            self.assertEqual(mine.count("* Failed: "), n)
            self.assertEqual(status["members"][k]["failed_checks"], n)
            if n:
                self.assertIn(f"* **seed {seed} failed {n} check", card)
                self.assertIn(f"* Failed: {said['members'][k]['first_failure']}"[:200], mine)
        self.assertIn("(validation set)", card)
        p = subprocess.run([vitrion, "status", out], capture_output=True, text=True)
        self.assertIn(f"failed {sum(failed.values())} of its own checks", p.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
