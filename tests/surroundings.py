"""What every test starts from: none of the settings and none of the files of whoever runs the suite."""

import atexit
import os
import shutil
import signal
import site
import tempfile
from pathlib import Path

import platformdirs

# How the names of variables begin that change what Python, charts, notebooks, frameworks and tables do.
SETTINGS = (
    *("D2L_MULTI_", "PYTHON", "MPL", "MATPLOTLIB", "IPYTHON", "JUPYTER", "XDG_", "LANG", "LC_"),
    *("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "BLIS_", "VECLIB_", "NUMEXPR_"),
    *("TF_", "TF2_", "XLA_", "KERAS_", "TORCH", "PYTORCH_", "MXNET_", "DMLC_", "FLAGS_", "GLOG_"),
    *("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "TTY_", "DISPLAY", "WAYLAND_DISPLAY"),
)
# Where Python and its packages are, the tested one among them, is no setting. Neither is which GPU may be
# used, CUDA_VISIBLE_DEVICES: without `--d2l-device gpu` none is.
KEPT = ("PYTHONPATH", "PYTHONHOME")


def enter() -> None:
    """Leave this machine's settings behind. Called before anything reads one; workers find it done."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a shell's background, and in all it starts
        signal.signal(signal.SIGINT, signal.default_int_handler)
    user_base = site.getuserbase() if site.ENABLE_USER_SITE else None
    pip = {"PIP_CONFIG_FILE": _pip_settings(), "PIP_CACHE_DIR": platformdirs.user_cache_path("pip")}
    for name in list(os.environ):
        if name.startswith(SETTINGS) and name not in KEPT:
            del os.environ[name]
    os.environ["LANG"] = "C.UTF-8"
    for name in ("NO_PROXY", "no_proxy"):  # the servers that tests start are on this machine
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1,localhost"]))
    if "PYTEST_XDIST_WORKER" in os.environ:
        # Several processes, each with a thread per core, would wait for each other.
        os.environ["OMP_NUM_THREADS"] = "1"
        return
    # Environments of their own are made by pip, from where the user's pip gets its packages.
    for name, path in pip.items():
        if path is not None:
            os.environ.setdefault(name, str(path))
    if user_base:
        os.environ["PYTHONUSERBASE"] = user_base
    home = tempfile.mkdtemp(prefix="d2l-multi-home-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    for name in {"HOME"} | {"USERPROFILE", "APPDATA", "LOCALAPPDATA"} & os.environ.keys():
        os.environ[name] = home
    import matplotlib.font_manager  # noqa: F401 - makes its list of fonts, or every process would


def _pip_settings() -> Path | None:
    file = platformdirs.user_config_path("pip") / ("pip.ini" if os.name == "nt" else "pip.conf")
    return next((path for path in (file, Path.home() / ".pip" / file.name) if path.is_file()), None)
