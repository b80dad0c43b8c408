"""runs.py - what became of the runs: stationarity, gates, failures, cost, provenance."""
import numpy as np

from report import drawing
from report.transport import few, left_out
from report.words import esc, formula, is_number, math_formula, number, table

MOST_FAILURES, MOST_UNRESOLVED, MOST_BUILDS = 50, 60, 8


def stationarity(folder):
    """|z| between the first and the last third of each run"""
    z = folder.array("stationarity/worst_z")
    rows = [i for i in folder.runs() if z is not None and np.isfinite(z[i])]
    if not rows:
        return None
    shown = few(folder)
    f, axes = drawing.new(height=0.62)
    for k, n in enumerate(shown):
        mine = [i for i in rows if folder.names[int(folder.task["composition"][i])] == n]
        x = [folder.task["temperature"][i] + drawing.jitter(k, len(shown), 16) for i in mine]
        axes.plot(
            x,
            [max(abs(z[i]), 0.05) for i in mine],
            drawing.mark(k),
            color=drawing.colour(k),
            ms=3,
            mfc="none",
            mew=0.8,
        )
    limit = next((g["limit"] for g in folder.summary.get("gates", []) if g["name"] == "stationary"), 3.0)
    if is_number(limit):
        axes.axhline(limit, color=drawing.INK, lw=0.7, ls="--")
    axes.set_yscale("log")
    axes.set_xlabel("$T$ / K")
    axes.set_xticks(folder.md_temperatures()[:8])
    axes.set_yticks([0.1, 0.3, 1, 3, 10, 30, 100], ["0.1", "0.3", "1", "3", "10", "30", "100"])
    axes.set_ylim(*drawing.log_limits([max(abs(z[i]), 0.05) for i in rows] + [limit if is_number(limit) else 3]))
    axes.minorticks_off()
    axes.set_ylabel("largest |$z$|")
    drawing.names_key(axes, shown)
    return drawing.Figure(
        f,
        "stationarity",
        "Does a run still change? Largest difference between its first and its last third, in standard errors, of"
        " energy, temperature, pressure and the diffusion coefficients; each mark is a run. Dashed: the limit of the"
        " gate."
        + left_out(shown, folder.names, "results.h5 (/stationarity)"),
        "Stationarity of each run",
    )


def gates_table(folder, teller):
    out = []
    for k, g in enumerate(folder.summary.get("gates", [])):
        out.append(
            [f"<code>{esc(g['name'])}</code>", esc(g["what"]), esc(g["limit_text"])]
            + [teller.number(f"gates/{k}/{c}") for c in ("passed", "failed", "not_judged")]
        )
    return table(["gate", "what", "limit", "passed", "failed", "not judged"], out, "Gates: each run against a limit")


def gates_by_point(folder, teller):
    """failed gates of each composition and temperature"""
    out = []
    for k, row in enumerate(folder.summary.get("transport", [])):
        shut = [
            f"{esc(g['name'])} {teller.number(f'transport/{k}/gates/{j}/failed')}"
            for j, g in enumerate(row.get("gates", []))
            if g["failed"]
        ]
        out.append(
            [
                formula(row["name"]),
                teller.number(f"transport/{k}/T_K"),
                str(row["n_glasses"]),
                ", ".join(shut) or "none",
            ]
        )
    return table(
        ["composition", "T / K", "glasses", "gates with failed runs"], out, "", 120, "summary.json, transport"
    )


def runs_with_shut_gates(folder):
    """runs that fail a gate, and all; a run in several pieces is one"""
    failed, runs, first = folder.array("gates/n_failed"), {}, None
    done = set(folder.runs())
    for i, piece in enumerate(folder.tasks["piece"]):
        first = i if piece <= 1 else first
        if i in done:
            runs[first] = runs.get(first, False) or (failed is not None and bool(failed[i] > 0))
    return sum(runs.values()), len(runs)


def failures(folder):
    """tasks that failed for good, tasks that failed and were done later, tasks without a result"""
    files, bad, missing = folder.failed_files(), [], []
    for i, state in enumerate(folder.task["status"]):
        if state == "missing":
            missing.append(i)
        if state != "failed" and not folder.task["failures"][i]:
            continue
        uid = folder.task["uid"][i]
        mine = [n for n in files if n.startswith(uid)]
        error = folder.task["error"][i].strip().splitlines() or ["the store keeps no text; log/ may"]
        bad.append(
            (
                state != "failed",
                [
                    f"<code>{uid[:12]}</code>",
                    formula(folder.names[int(folder.task["composition"][i])]),
                    (
                        f"{folder.task['kind'][i]}, glass {int(folder.task['glass'][i])},"
                        f" {number(float(folder.task['temperature'][i]))} K"
                    ),
                    "done after all" if state == "done" else esc(state),
                    str(int(folder.task["failures"][i])),
                    "<br>".join(map(esc, error)),
                    "<br>".join(f"<code>failed/{esc(n[:12])}…{esc(n[len(uid):])}</code>" for n in mine[:4]) or "none",
                ],
            )
        )
    bad = [row for _, row in sorted(bad, key=lambda x: x[0])]
    text = table(
        ["task", "composition", "what", "state", "failed tries", "last reason, innermost first", "kept frames"],
        bad,
        "",
        MOST_FAILURES,
        "`vitrion status` and results.h5 (/failures) have all",
    )
    if not bad:
        text = "<p>No try of any task failed.</p>"
    lost = folder.task["status"].count("lost")
    if lost:
        text += f"<p>{lost} of {len(folder.task['status'])} tasks could not be done: of each its glass failed.</p>"
    if missing:
        text += (
            f"<p>{len(missing)} of {len(folder.task['status'])} tasks have no result yet; numbers here are those of"
            " the others.</p>"
        )
    return text, folder.task["status"].count("failed") + lost, len(missing)


def without_result(folder, k, t):
    """what became of the runs of composition k at t (None: of all its tasks) that gave no result; "" if all are done"""
    kept = [
        state
        for i, state in enumerate(folder.task["status"])
        if folder.task["composition"][i] == k
        and (t is None or folder.task["kind"][i] == "md" and abs(folder.task["temperature"][i] - t) < 0.5)
    ]
    words = (("failed", "failed"), ("lost", "had no glass"), ("missing", "have no result yet"))
    told = [f"{kept.count(state)} {word}" for state, word in words if state in kept]
    return f"of {len(kept)} {'tasks' if t is None else 'runs'} {', '.join(told)}" if told else ""


def unresolved(folder):
    """compositions and temperatures without a diffusion coefficient, with the reason of each ion"""
    out, places = [], {n: k for k, n in enumerate(folder.names)}
    for _, row in folder.rows("transport"):
        if is_number(row["D_alkali_cm2_s"]["value"]):
            continue
        k = places.get(row["name"], 0)
        named = tuple(f"D_cm2_s.{s}: " for s in folder.mobile(k))
        why = [w.split(": ", 1)[1] for w in row["warnings"] if w.startswith(named)]
        why = list(dict.fromkeys(why)) or row["warnings"][-1:] or ["no run gave a value"]
        why += filter(None, [without_result(folder, k, row["T_K"])])
        out.append([formula(row["name"]), number(row["T_K"]), str(row["n_glasses"]), esc("; ".join(why))])
    seen = {row["name"] for _, row in folder.rows("transport")}
    for name in folder.names:
        if name not in seen:
            why = without_result(folder, places[name], None) or "summary.json does not know it"
            out.append([formula(name), "all", "0", esc(why)])
    head = ["composition", "T / K", "glasses", "why the diffusion coefficient is not resolved"]
    return table(head, out, "", MOST_UNRESOLVED, "summary.json, transport")


def cost(folder):
    wall, done = folder.array("timing/wall"), [i for i, s in enumerate(folder.task["status"]) if s == "done"]
    ns = float(sum(folder.task["simulated_time"][i] for i in done))
    seconds = [float(wall[i]) for i in done if wall is not None and np.isfinite(wall[i]) and wall[i] > 0]
    if not seconds or ns <= 0:
        return '<p class="na">The store holds no times of its tasks.</p>'
    timed = sum(float(folder.task["simulated_time"][i]) for i in done if np.isfinite(wall[i]) and wall[i] > 0)
    hours, ranks = sum(seconds) / 3600, folder.texts("timing/host")
    hosts = len({h for h in (ranks[i] for i in done) if h}) if ranks else 0
    return (
        "<ul>"
        + f"<li>{number(ns)} ns simulated in {len(done)} tasks</li><li>{number(hours)} core-hours for the tries that"
        " gave results (a task runs on one core; what failed tries cost is not"
        f" counted)</li><li>{number(24 * timed / hours)} ns/day and core over all tasks</li>"
        + (f"<li>on {hosts} machine{'s' if hosts != 1 else ''}</li>" if hosts else "")
        + "</ul>"
    )


def provenance(folder, sha):
    builds = sorted(set(folder.texts("timing/build")) - {""})
    rows = [
        ["campaign", esc(folder.summary.get("campaign", ""))],
        ["campaign id (SHA-256 of the plan)", code(folder.summary.get("campaign_id", ""))],
        ["seed", esc(folder.setting("seed")) or "not recorded"],
        ["protocol", esc(folder.setting("protocol", "version")) or "1"],
        [
            "potential",
            (
                " ".join(map(code, folder.potential()))
            ),
        ],
        [
            "SHA-256 of the potential",
            (
                code(folder.attributes.get("potential_sha256", ""))
                if folder.attributes.get("potential_sha256")
                else "none: this kind has no file"
            ),
        ],
        [
            "build that computed the tasks",
            ", ".join(map(code, builds[:MOST_BUILDS]))
            + (f" and {len(builds) - MOST_BUILDS} more" if len(builds) > MOST_BUILDS else "")
            or "not recorded",
        ],
        ["build that wrote the summary", code(folder.summary.get("build", ""))],
        ["SHA-256 of results.h5", code(sha) if sha else "not recorded"],
        [
            "arithmetic",
            esc(" ".join(filter(None, (folder.setting("engine", "simd"), folder.setting("engine", "precision")))))
            or "not recorded",
        ],
    ]
    return table(["what", "value"], rows, kind="pairs")


def code(x):
    return f'<code class="long">{esc(x)}</code>'


def cite(folder):
    build = folder.summary.get("build", "")
    sha = folder.attributes.get("potential_sha256", "")[:12]
    entry = (
        f"@misc{{vitrion-{folder.summary.get('campaign_id', '')[:8]},\n  title = {{Vitrion campaign"
        f" {folder.summary.get('campaign', '')}}},\n  note  = {{Vitrion {build}; campaign id"
        f" {folder.summary.get('campaign_id', '')}"
        + (f"; potential SHA-256 {folder.attributes.get('potential_sha256')}" if sha else "")
        + "}\n}"
    )
    return (
        "<p>Name the program with its build, the campaign by its id, and the potential by its SHA-256 together with"
        " the work that it was trained on (it is stated beside the potential's file). Keep"
        " <code>campaign.yaml</code> with the paper: with the same build it gives the same bits"
        f" again.</p><pre>{esc(entry)}</pre>"
    )
