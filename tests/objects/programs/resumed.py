"""Go on with a run that was saved. Arguments: backend, checkpoint, file of the parameters afterwards."""

import sys
from importlib import import_module

from tests.objects.models import clusters
from tests.objects.test_checkpoints import with_adam

backend, checkpoint, path = sys.argv[1:]
d2l = import_module(f"d2l_multi.{backend}")
model = with_adam(d2l, backend)
d2l.Trainer(max_epochs=3).fit(model, clusters(d2l), resume=checkpoint)
d2l.save_parameters(model, path)
