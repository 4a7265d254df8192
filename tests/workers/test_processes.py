"""What a machine may spend, a container among them."""

import psutil
import pytest

from d2l_multi.commands.compare import checked_limits
from d2l_multi.workers.processes import machine_memory_mib

MIB = 2**20
HUGE = 9223372036854771712  # what the first version says where there is no limit
CONTROL_GROUPS = {
    "version 2": ({"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/b/memory.max": 64 * MIB}, 64),
    "version 2, no limit": ({"proc/self/cgroup": "0::/a", "sys/fs/cgroup/a/memory.max": "max"}, None),
    "version 2, the limit of a group around it": (
        {
            "proc/self/cgroup": "0::/a/b/c",
            "sys/fs/cgroup/memory.max": 99 * MIB,
            "sys/fs/cgroup/a/memory.max": 32 * MIB,
            "sys/fs/cgroup/a/b/memory.max": 48 * MIB,
            "sys/fs/cgroup/a/b/c/memory.max": "max",
        },
        32,
    ),
    "version 2, seen from inside": ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": 64 * MIB}, 64),
    "version 2, named from outside": (
        {"proc/self/cgroup": "0::/../../other", "sys/fs/cgroup/memory.max": 64 * MIB},
        64,
    ),
    "version 1": (
        {
            "proc/self/cgroup": "4:cpu,memory:/a\n3:pids:/b\n1:name=systemd:/c\n0::/d",
            "sys/fs/cgroup/memory/a/memory.limit_in_bytes": 16 * MIB,
        },
        16,
    ),
    "version 1, no limit": (
        {"proc/self/cgroup": "4:memory:/", "sys/fs/cgroup/memory/memory.limit_in_bytes": HUGE},
        None,
    ),
    "version 1, named from outside": (
        {
            "proc/self/cgroup": "4:memory:/docker/0123",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": 16 * MIB,
        },
        16,
    ),
    "more than the machine has": ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": HUGE}, None),
    "nonsense": ({"proc/self/cgroup": "0::/a\n\nnonsense", "sys/fs/cgroup/memory.max": "much"}, None),
    "no Linux": ({}, None),
}


@pytest.mark.parametrize(("files", "expected"), CONTROL_GROUPS.values(), ids=CONTROL_GROUPS)
def test_the_memory_of_the_machine_or_of_the_container(tmp_path, files, expected):
    for name, content in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{content}\n")
    machine = psutil.virtual_memory().total / MIB
    assert machine_memory_mib(tmp_path) == (machine if expected is None else expected)
    assert 0 < machine_memory_mib() <= machine


def test_a_backend_may_take_nine_tenths_of_it(monkeypatch):
    monkeypatch.setattr("d2l_multi.workers.processes.machine_memory_mib", lambda: 1000)
    assert checked_limits(timeout=60, memory=None).memory_mib == 900
    assert checked_limits(timeout=60, memory=5000).memory_mib == 5000
