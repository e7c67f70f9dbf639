"""Handing a model on: a bundle that proves itself without nbtrack, its verification, the policy before it.

Exporting loads the stored model in a process of its own; checking, previewing and importing never load one.
"""

from __future__ import annotations
