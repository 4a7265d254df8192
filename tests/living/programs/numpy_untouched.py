"""Look at NumPy before MXNet's backend is imported, and afterwards."""

import sys
import types

import numpy

before = dict(vars(numpy))

from d2l_multi import mxnet as d2l  # noqa: E402

after = dict(vars(numpy))
# Submodules of NumPy that MXNet imports appear, as they do for whoever imports them; nothing else may.
added = {name for name in after if name not in before and not isinstance(after[name], types.ModuleType)}
changed = {name for name in before if before[name] is not after.get(name)}
assert not added and not changed, (added, changed)
assert "distutils" not in sys.modules

import mxnet  # noqa: E402

view = mxnet.numpy.multiarray._np
assert view is not numpy and view.bool is bool and view.float32 is numpy.float32
assert numpy.lib is view.lib
print(d2l.numpy(d2l.tensor([1.0, -1.0])[d2l.tensor([True, False])]))
