"""``d2l-multi compare``: the same experiment in every framework, judged against NumPy.

Nothing here imports a framework, except `worker`, which runs in a process of its own.
"""
