#!/usr/bin/python3
"""report.py DIR [--output FILE] [--figures FOLDER]

The page of a campaign's folder: one HTML file that needs nothing else and no network.  Read are DIR/summary.json and
DIR/results.h5, and of a campaign that is still running status.json; nothing is computed again, and compositions are
ranked by `vitrion rank`.  --figures also writes every figure as SVG and PDF, 8.6 cm wide, 8 pt.  `vitrion report DIR` calls this."""
import argparse
import pathlib
import shutil
import sys


def main():
    parser = argparse.ArgumentParser(
        prog="report.py", description=__doc__.split("\n", 2)[2], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dir", metavar="DIR", type=pathlib.Path, help="output folder of a campaign")
    parser.add_argument("--output", metavar="FILE", type=pathlib.Path, help="the page (DIR/report.html)")
    parser.add_argument(
        "--figures", metavar="FOLDER", type=pathlib.Path, help="write the figures as SVG and PDF there"
    )
    parser.add_argument("--program", metavar="VITRION", default=shutil.which("vitrion"), help="what ranks (vitrion)")
    parser.add_argument("--quiet", action="store_true", help="do not say what was written")
    args = parser.parse_args()
    sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "python"))  # vitrion.py, where it is installed
    try:
        from report import folder, page, whole
    except ImportError as lacking:
        print(f"report: {lacking}: install python3-matplotlib, python3-h5py and python3-numpy", file=sys.stderr)
        return 1
    try:
        read = folder.Folder(args.dir)
        if read.note:
            print(read.note, file=sys.stderr)
        text, drawn = page.make(read, args.program)
        output = args.output or args.dir / "report.html"
        whole.replace(output, text.encode("utf-8"))
        if args.figures:
            for figure in drawn:
                figure.save(args.figures)
    except (folder.Unusable, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    if not args.quiet:
        print(
            f"{output}: {len(text.encode()) / 1e6:.1f} MB, {len(drawn)} figures"
            + (f"; as SVG and PDF in {args.figures}" if args.figures else "")
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
