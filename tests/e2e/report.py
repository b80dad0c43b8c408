#!/usr/bin/python3
"""report.py VITRION MPIEXEC SOURCE - `vitrion report` of two campaigns of seconds, and of one blown up to 300.

Claims: each number of the page is the one of summary.json; what is null there is no number but a reason; the page needs
nothing from elsewhere; its figures are well-formed; a failed campaign shows why; Chromium shows it at a phone's width
without scrolling sideways and without an error."""
import html.parser, json, pathlib, re, shutil, subprocess, sys, tempfile, unittest
import xml.etree.ElementTree as ET

VITRION, MPIEXEC, SOURCE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
SMALL = """\
vitrion: 1
campaign: small
seed: 7
potential: {kind: lj, file: lj.txt}
compositions: {include: [LiAlCl4, NaAlCl4], atoms: 36}
temperatures: [700 K, 900 K]
glasses: 2
guard: {temperature: 0, force: 0 eV/A, volume: 0, distance: 0, molecules: off, contacts: off}
protocol:
  melt: {temperature: 1200 K, duration: 0.2 ps, ensemble: nvt}
  quench: {rate: 2e15 K/s, npt_below: 0 K}
  equilibrate: {duration: 0.2 ps, ensemble: nvt}
  produce: {duration: 24 ps, ensemble: nvt}
compare: {by: [alkali], reference_temperature: 800 K}
"""
FAILING = """\
vitrion: 1
campaign: failing
seed: 7
potential: {kind: lj, file: lj.txt}
compositions: {include: [LiAlCl4], atoms: 36}
temperatures: [500 K]
glasses: 1
guard: {temperature: 1.001, force: 0 eV/A, volume: 0, distance: 0, molecules: off, contacts: off}
protocol:
  melt: {temperature: 900 K, duration: 0.2 ps}
  quench: {rate: 4e15 K/s}
  equilibrate: {duration: 0.2 ps}
  produce: {duration: 0.2 ps}
observe: {thermo: {every: 20 fs}}
runner: {max_tries: 2}
"""
MANY = 300


def skip(why):
    print("=" * 100 + f"\nSKIPPED: {why}\n" + "=" * 100)
    raise unittest.SkipTest(why)


class Page(html.parser.HTMLParser):
    """numbers [(path, value, shown)], text by section, addresses, text of all but styles"""

    def __init__(self, text):
        super().__init__()
        self.numbers, self.addresses, self.sections, self.all = [], [], {}, ""
        self.inside, self.section, self.open, self.items = None, "", [], 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        self.addresses += [a[k] for k in ("src", "href", "xlink:href", "action") if k in a]
        if tag not in ("meta", "link", "br", "use", "path"):
            self.open.append(tag)
        if tag == "section":
            self.section = a["id"]
        if tag == "data":
            self.inside = [a["data-path"], float(a["value"]), ""]

    def handle_startendtag(self, tag, attributes):
        self.addresses += [v for k, v in attributes if k in ("src", "href")]

    def handle_endtag(self, tag):
        if self.open and tag in self.open:
            while self.open.pop() != tag:
                pass
        if tag == "data":
            self.numbers.append(tuple(self.inside))
            self.inside = None

    def handle_data(self, text):
        if self.inside:
            self.inside[2] += text
        if "style" not in self.open:
            self.all += text + " "
            self.sections[self.section] = self.sections.get(self.section, "") + text + " "


def shown(text):
    """the number that a reader sees, and half a unit of its last digit"""
    plain = text.replace("−", "-").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    mantissa, _, power = plain.partition(" × 10")
    places = len(mantissa.partition(".")[2])
    scale = 10.0 ** int(power or 0)
    digits = mantissa.strip("-").replace(".", "")
    zeros = len(digits) - len(digits.rstrip("0")) if places == 0 else 0
    return float(mantissa) * scale, 0.5 * 10.0 ** (zeros - places) * scale


def at(summary, path):
    for step in path.split("/"):
        summary = summary[int(step)] if isinstance(summary, list) else summary[step]
    return summary


def report(folder, *more, **options):
    return subprocess.run([VITRION, "report", folder, *more], capture_output=True, text=True, timeout=600, **options)


def blown_up(source, target):
    """the folder with each composition 150 times, a little faster each time; one in ten not resolved"""
    import h5py
    import numpy as np

    shutil.copytree(source, target)
    with h5py.File(target / "results.h5", "r+") as f:
        for group in ("compositions", "fits", "pool", "structure_mean"):
            paths = []
            f[group].visititems(
                lambda name, x: paths.append(f"{group}/{name}") if isinstance(x, h5py.Dataset) else None
            )
            for path in paths:
                if path == "pool/temperature":
                    continue
                values = np.concatenate([f[path][()]] * (MANY // 2))
                if path == "compositions/name":
                    values = np.array([f"c{k:03d}".encode() for k in range(MANY)])
                del f[path]
                f[path] = values
    summary = json.loads((target / "summary.json").read_text())
    fits = [c for c in summary["compositions"] if c["quantity"] == "D_alkali"]
    summary["compositions"] = []
    for k in range(MANY):
        fit = json.loads(json.dumps(fits[k % 2]))
        fit["name"] = f"c{k:03d}"
        for key in ("log10_D_Tref", "log10_D_Tref_lo95", "log10_D_Tref_hi95"):
            fit[key] = None if k % 10 == 0 else fit[key] + 0.002 * k
        summary["compositions"].append(fit)
    for part in ("transport", "structure", "residence"):
        rows, summary[part] = summary[part], []
        for k in range(MANY):
            summary[part] += [{**r, "name": f"c{k:03d}"} for r in rows[: len(rows) // 2]]
    (target / "summary.json").write_text(json.dumps(summary))


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="vitrion-report-")
        cls.dir = pathlib.Path(cls.tmp.name)
        (cls.dir / "lj.txt").write_text("lj 0.05 2.6 6.5\n")
        for name, text, ranks in (("small", SMALL, 2), ("failing", FAILING, 1)):
            (cls.dir / f"{name}.yaml").write_text(text)
            p = subprocess.run(
                [MPIEXEC, "-n", str(ranks), VITRION, "run", cls.dir / f"{name}.yaml", "--output", cls.dir / name],
                capture_output=True,
                text=True,
                timeout=600,
            )
            assert p.returncode == (3 if name == "failing" else 0), p.stdout + p.stderr
        cls.said = report(cls.dir / "small", "--figures", cls.dir / "figures")
        assert cls.said.returncode == 0, cls.said.stderr
        cls.text = (cls.dir / "small/report.html").read_text()
        cls.page = Page(cls.text)
        cls.summary = json.loads((cls.dir / "small/summary.json").read_text())

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def alone(self, page, text):
        """nothing from elsewhere, no number that is none"""
        self.assertEqual([a for a in page.addresses if not a.startswith(("#", "data:,"))], [])
        self.assertNotRegex(text, r"https?://|@import|url\((?!#)")
        self.assertNotRegex(page.all, r"(?i)\b(nan|none!|inf|null)\b")
        self.assertNotRegex(page.all, r"\bNone\b")

    def test_numbers_are_those_of_the_summary(self):
        self.assertGreater(len(self.page.numbers), 60)
        for path, value, text in self.page.numbers:
            self.assertEqual(value, at(self.summary, path), path)
            seen, half = shown(text)
            self.assertLessEqual(abs(seen - value), half * (1 + 1e-9), (path, text))
        told = {path for path, _, _ in self.page.numbers}
        for k, fit in enumerate(self.summary["compositions"]):
            if fit["quantity"] == "D_alkali":
                self.assertTrue(
                    {f"compositions/{k}/Ea_eV", f"compositions/{k}/Ea_hi95_eV", f"compositions/{k}/D_Tref"} <= told
                )

    def test_the_page_needs_nothing_else(self):
        self.alone(self.page, self.text)
        self.assertEqual(self.page.open, [])
        for name in (
            "asked",
            "answer",
            "arrhenius-plots",
            "frames",
            "gates",
            "failures",
            "cost",
            "provenance",
            "cite",
        ):
            self.assertIn(name, self.page.sections)
        self.assertIn(self.summary["campaign_id"], self.page.sections["provenance"])
        self.assertEqual(
            len(re.findall("<li>", self.text[self.text.index('class="answer"') : self.text.index("</ol>")])), 3
        )

    def test_a_null_shows_its_reason(self):
        fits = [
            f
            for f in self.summary["compositions"]
            if f["quantity"] in ("D_alkali", "sigma_T") and f["extrapolated"]["median"] is None
        ]
        self.assertTrue(fits, "this campaign is too short to be extrapolated by 400 K")
        for fit in fits:
            why = next(w for w in fit["warnings"] if w.startswith(("extrapolated", "not resolved")))
            self.assertIn(why.split(": ", 1)[1].split(";")[0], self.page.sections["arrhenius-plots"])
        self.assertIn("g(r) ends at", self.page.sections["scattering"])  # a cell of 36 atoms is too small for S(q)

    def test_the_ranking_is_that_of_the_program(self):
        """places, marks of the front and reasons as `vitrion rank` gives them; nothing is ranked on the page"""
        text, section = self.text, self.page.sections["ranking"]
        for by, front in (("sigma", "sigma,ea"), ("ea", "ea,sigma")):
            p = subprocess.run([VITRION, "rank", self.dir / "small", "--by", by, "--pareto", front, "--json"], capture_output=True, text=True)
            asked = json.loads(p.stdout)
            if by == "sigma" and not asked["rows"]:
                return self.assertIn("diffusion coefficient of the mobile ions: the lower end", section)
            for row in asked["rows"]:
                self.assertRegex(section, rf"\b{row['rank']}\. *{row['name'][:2]}")
            for row in asked["unresolved"]:
                self.assertIn(row["why"], section)
            self.assertEqual("on the front" in section, any(r["pareto"] for r in asked["rows"]))
        if len(asked["rows"]) > 1:
            self.assertIn('<figure id="pareto">', text)

    def test_without_the_program_the_ranking_says_why(self):
        page = self.dir / "alone.html"
        p = subprocess.run([sys.executable, SOURCE / "scripts/report.py", "--output", page, "--program", "/bin/false", self.dir / "small"],
                           capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("Not ranked: it said nothing", Page(page.read_text()).sections["ranking"])

    def test_figures_are_well_formed_and_of_a_column(self):
        figures = re.findall(r"<svg.*?</svg>", self.text, re.S)
        self.assertGreaterEqual(len(figures), 6)
        ids = [i for svg in figures for i in (e.get("id") for e in ET.fromstring(svg).iter()) if i]
        self.assertEqual(len(ids), len(set(ids)), "an id stands twice")
        self.assertIn("currentColor", figures[0])
        files = sorted((self.dir / "figures").iterdir())
        self.assertEqual(len([f for f in files if f.suffix == ".svg"]), len(figures))
        for f in files:
            if f.suffix == ".pdf":
                self.assertTrue(f.read_bytes().startswith(b"%PDF-"), f)
                continue
            width = ET.parse(f).getroot().get("width")
            self.assertAlmostEqual(float(width.removesuffix("pt")), 8.6 / 2.54 * 72, delta=0.01)

    def test_the_same_folder_gives_the_same_page(self):
        again = self.dir / "again.html"
        self.assertEqual(report(self.dir / "small", "--output", again, "--quiet").stdout, "")
        self.assertEqual(again.read_text(), self.text)

    def test_a_failed_campaign_shows_why(self):
        p = report(self.dir / "failing", "--output", self.dir / "failing.html")
        self.assertEqual(p.returncode, 0, p.stderr)
        text = (self.dir / "failing.html").read_text()
        page = Page(text)
        self.alone(page, text)
        failed = page.sections["failures"]
        for word in ("temperature", "limit", "failed/", "-attempt0-half0.xyz", "its glass failed"):
            self.assertIn(word, failed)
        self.assertIn("no glass has a result; of 1 runs 1 had no glass", page.sections["unresolved"])
        self.assertIn("not resolved", page.sections["answer"])
        self.assertIn("2 tasks failed for good or had no glass", page.sections["answer"])

    def test_what_is_missing_is_said(self):
        p = report(self.dir / "small", env={"PATH": "/usr/bin:/bin", "VITRION_PYTHON": "/bin/false"})
        self.assertEqual((p.returncode, p.stdout), (1, ""))
        self.assertIn("python3-matplotlib", p.stderr)
        (self.dir / "empty").mkdir(exist_ok=True)
        p = report(self.dir / "empty")
        self.assertEqual(p.returncode, 1)
        self.assertIn("no results.h5: expected the output folder of a campaign", p.stderr)
        self.assertNotIn("Traceback", p.stderr)
        self.assertEqual(report(self.dir / "nothing").returncode, 2)

    def test_hundreds_of_compositions_stay_readable(self):
        blown_up(self.dir / "small", self.dir / "many")
        p = report(self.dir / "many")
        self.assertEqual(p.returncode, 0, p.stderr)
        text = (self.dir / "many/report.html").read_text()
        self.assertLess(len(text), 3e6)
        self.assertLessEqual(len(re.findall("<svg", text)), 20)
        self.assertLessEqual(
            max(len(re.findall("<tr>", t)) for t in re.findall("<table.*?</table>", text, re.S)), 130
        )
        arrhenius = Page(text).sections
        self.assertIn("they stand in summary.csv", arrhenius["arrhenius-plots"])
        self.assertIn("30 of 300 compositions are not resolved", arrhenius["answer"])
        self.assertIn("Not resolved and not drawn: 30", arrhenius["compositions"])

    def test_chromium_shows_it_on_a_phone_without_scrolling_sideways(self):
        browser = shutil.which("chromium")
        if not browser:
            skip("chromium is not installed (scripts/setup --all)")
        frame = self.dir / "frame.html"
        frame.write_text(
            '<body style="margin:0"><iframe src="small/report.html"'
            ' style="border:0;width:390px;height:800px"></iframe><script>onload = () => { const d ='
            " frames[0].document; document.title = 'width ' + d.documentElement.scrollWidth + ' figures ' +"
            " d.querySelectorAll('figure svg path').length; }</script>"
        )
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--allow-file-access-from-files",
            "--enable-logging=stderr",
            f"--user-data-dir={self.dir}/profile",
        ]
        p = subprocess.run(
            [browser, *flags, "--dump-dom", frame.as_uri()], capture_output=True, text=True, timeout=500
        )
        width = re.search(r"<title>width (\d+) figures (\d+)</title>", p.stdout)
        self.assertTrue(width, p.stdout[-500:] + p.stderr[-2000:])
        self.assertLessEqual(int(width[1]), 390)
        self.assertGreater(int(width[2]), 100)
        self.assertNotIn("CONSOLE", p.stderr)
        shot = self.dir / "shot.png"
        subprocess.run(
            [
                browser,
                *flags,
                f"--screenshot={shot}",
                "--window-size=1280,2000",
                (self.dir / "small/report.html").as_uri(),
            ],
            capture_output=True,
            timeout=500,
        )
        self.assertGreater(shot.stat().st_size, 30000)  # a blank page of this size has 8 kB


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
