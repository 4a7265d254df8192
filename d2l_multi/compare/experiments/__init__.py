"""What is compared: each experiment's data, start values, model and reference, with the book's numbers."""

from d2l_multi.compare.experiments import classification, convolution, recurrent, regression
from d2l_multi.compare.experiments.experiment import Experiment, Problem

EXPERIMENTS = {
    **regression.EXPERIMENTS,
    **classification.EXPERIMENTS,
    **convolution.EXPERIMENTS,
    **recurrent.EXPERIMENTS,
}

__all__ = ["EXPERIMENTS", "Experiment", "Problem"]
