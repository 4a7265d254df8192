"""Lessons as notebooks: one source per topic in ``sources``, from which `notebooks.build` writes them all."""
