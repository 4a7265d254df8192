"""The worker processes of PyTorch's own loader, over data sets of ours."""

import pytest
import torch
from torch.utils.data import DataLoader

from d2l_multi import torch as d2l
from tests.fashion import write_folder
from tests.faults.programs.processes import SECONDS

pytestmark = pytest.mark.xdist_group("torch")


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("resize", [(28, 28), (40, 40)])
def test_workers_yield_what_one_process_does(tmp_path, start, resize):
    """After this process has computed with several threads, which do not survive a fork."""
    folder = write_folder(tmp_path, train=70, test=20)
    torch.rand(1500, 1500) @ torch.rand(1500, 1500)
    data = d2l.FashionMNIST(16, resize, root=folder).train
    workers = DataLoader(data, 16, num_workers=2, timeout=SECONDS, multiprocessing_context=start)
    for (X, y), (X_alone, y_alone) in zip(workers, DataLoader(data, 16), strict=True):
        assert torch.equal(X, X_alone) and torch.equal(y, y_alone)
