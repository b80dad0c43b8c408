"""A file that is written whole or not at all."""

import os
import pathlib
import secrets


def replace(path, data):
    """The bytes `data` under the name `path`, on the disk; OSError names the file, and an older one stays as it was."""
    path = pathlib.Path(path)
    aside = path.with_name(f"{path.name}.tmp-{os.getpid()}-{secrets.token_hex(8)}")  # as the program names such files
    try:
        with open(aside, "xb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        os.replace(aside, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        aside.unlink(missing_ok=True)
