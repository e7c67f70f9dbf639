"""Watches the executions of a kernel and gathers what was seen, without changing what the user's code does.

``rewrite`` turns the calls that may matter into watched calls, ``twins`` does the same inside functions of the
notebook without touching the function objects, ``watch`` is what watched calls report to, ``observation`` what
was seen during one execution, ``assemble`` what it means, ``session`` the life of a kernel, ``kernel`` the hooks.
"""
