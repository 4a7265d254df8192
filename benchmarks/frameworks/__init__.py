"""What the benchmark must say in each framework's own words, beside what ``d2l_multi.compare.concise`` says.

Each module has the same names: ``model(hidden)`` gives ``(net, loss, optimiser)``; ``Bare(arrays)`` is the
plain loop, with ``iterate()``, ``epoch(net, loss, optimiser)`` and ``small_batches(rows)``; ``wait(tensor)``
returns when it is computed; ``offline(files)`` lets the original read the data files without a network.
"""
