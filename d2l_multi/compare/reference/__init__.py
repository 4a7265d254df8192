"""The oracle: each experiment in plain NumPy, float64, with gradients derived by hand.

It shares no code with any framework. The only things it has in common with a backend are the data,
the start values, the order of the batches and the masks of dropout.

The formulas take arrays, or `rounding.Rounded`, which add to every number how far rounding may lead from it.
"""
