"""Classes that grow cell by cell and remember what they were made with."""

import sys
from typing import TYPE_CHECKING, Any

from d2l_multi.book.object_oriented import checks


def add_to_class(Class):
    if not isinstance(Class, type):
        raise TypeError(f"add_to_class takes the class that gets the method, got {Class!r:.200}")

    def add(obj):
        if not hasattr(obj, "__name__"):
            raise TypeError(f"add_to_class adds functions, which have a name, got {obj!r:.200}")
        setattr(Class, obj.__name__, obj)
        return obj

    return add


class HyperParameters:
    hparams: dict[str, Any]

    if TYPE_CHECKING:  # the attributes that save_hyperparameters makes

        def __getattr__(self, name: str) -> Any: ...

    def save_hyperparameters(self, ignore=()):
        ignored = {ignore} if isinstance(ignore, str) else set(ignore)
        caller = sys._getframe(1)
        given = {
            name: value
            for name, value in caller.f_locals.items()
            if value is not self and not name.startswith("_") and name not in ignored
        }
        for name in given:
            checks.not_a_method(type(self), name)
        self.hparams = {**getattr(self, "hparams", {}), **given}
        for name, value in given.items():
            setattr(self, name, value)
