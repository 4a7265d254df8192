"""`add_to_class` and `HyperParameters`, which need no framework."""

import pytest

from d2l_multi.book.object_oriented.hyperparameters import HyperParameters, add_to_class


class Recipe(HyperParameters):
    def __init__(self, flour, water=2, *, salt=None, _secret=1):
        self.save_hyperparameters(ignore=["salt"])

    def bake(self):
        return "bread"


def test_arguments_become_attributes():
    recipe = Recipe(1, salt=3)
    assert (recipe.flour, recipe.water) == (1, 2)
    assert recipe.hparams == {"flour": 1, "water": 2}
    assert not hasattr(recipe, "salt") and not hasattr(recipe, "_secret") and not hasattr(recipe, "self")


def test_a_subclass_adds_to_what_its_base_saved():
    class Cake(Recipe):
        def __init__(self, sugar):
            super().__init__(flour=5)
            self.save_hyperparameters()

    assert Cake(7).hparams == {"flour": 5, "water": 2, "sugar": 7}


def test_whatever_the_caller_has_named_so_far_is_saved():
    class Late(HyperParameters):
        def __init__(self, a):
            b = a + 1
            self.save_hyperparameters()
            c = b  # noqa: F841 - too late to be saved

    assert Late(1).hparams == {"a": 1, "b": 2}


def test_one_name_may_be_ignored_without_a_list():
    class Choosy(HyperParameters):
        def __init__(this, ab, a):
            this.save_hyperparameters(ignore="ab")

    assert Choosy(1, 2).hparams == {"a": 2}


@pytest.mark.parametrize("name", ["bake", "weight", "mix", "make"])
def test_a_name_that_hides_a_method_is_refused(name):
    class Taken(Recipe):
        weight = property(lambda self: 1)

        @staticmethod
        def mix(): ...

        @classmethod
        def make(cls): ...

        def __init__(self):
            pass

    taken = Taken()
    program = f"def save(self, {name}):\n    self.save_hyperparameters()"
    exec(program, namespace := {})
    with pytest.raises(ValueError, match=rf"'{name}' would hide Taken.{name}: .*ignore=\['{name}'\]"):
        namespace["save"](taken, 1)
    assert not hasattr(taken, "hparams")


def test_class_attributes_may_be_overridden():
    class Defaults(HyperParameters):
        rate, kind = 0.1, int

        def __init__(self, rate, kind):
            self.save_hyperparameters()

    assert Defaults(1, str).rate == 1 and Defaults(1, str).kind is str


def test_add_to_class():
    recipe = Recipe(1)

    @add_to_class(Recipe)
    def double(self):
        return 2 * self.flour

    assert recipe.double() == 2
    assert double(recipe) == 2  # the name keeps its meaning
    del Recipe.double


@pytest.mark.parametrize(
    ("Class", "function"), [(Recipe(1), len), ("Recipe", len), (Recipe, 5), (Recipe, property())]
)
def test_what_cannot_be_added(Class, function):
    with pytest.raises(TypeError, match=r"add_to_class (takes the class|adds functions)"):
        add_to_class(Class)(function)
