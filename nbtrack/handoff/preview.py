"""What an export would take out of the machine, told from records alone."""

from __future__ import annotations

from nbtrack.frameworks.saving import formats
from nbtrack.handoff.example import input_dataset, input_schema, synthetic
from nbtrack.handoff.options import Options
from nbtrack.handoff.redacting import outward
from nbtrack.observe.redaction import REDACTED
from nbtrack.provenance import run_slice
from nbtrack.records import Attachment, Preview, Run
from nbtrack.store import Store

__all__ = ["kept_rows", "preview", "version_differences"]


def preview(store: Store, run: Run, options: Options | None = None) -> Preview:
    """What leaves with a bundle of the run: columns, example rows, what the user wrote, paths, sources.

    ``run`` is whole, as ``store.get_run`` gives it. Nothing is loaded or written.
    """
    options = options or Options()
    dataset = input_dataset(run)
    schema = None if dataset is None else input_schema(dataset)
    columns = tuple((one["name"], one["dtype"]) for one in (schema or {}).get("columns", ()))
    if schema is not None and not columns:
        shape = "×".join(["n", *map(str, schema["shape"])])
        columns = ((schema["name"], f"{schema['dtype']} {shape}"),)
    real = options.real_example or options.example is not None
    example = None if real or dataset is None else synthetic(dataset)
    origin = "file" if options.example else "real" if real else "none" if example is None else "synthetic"
    made = run_slice(store, run)
    text = made.script()
    model = run.model
    chosen = formats(model.framework if model is not None else "")
    return Preview(
        run_id=run.id,
        label=run.label,
        class_name=model.class_name if model is not None else "",
        framework=model.framework if model is not None else "",
        formats=chosen if options.format is None else (options.format,),
        columns=columns,
        example=example,
        example_origin=origin,
        texts={what: outward(one) for what, one in _texts(run).items()},
        paths=tuple(outward(one.path) for one in run.files),
        datasets=tuple(f"{one.name} ({one.role})" for one in run.datasets),
        cells=len(made.cells),
        redacted=text.count(REDACTED) + int(outward(text) != text),
        size_bytes=model.size_bytes or 0 if model is not None else 0,
        warnings=tuple(_warnings(store, run, options, origin)),
    )


def _texts(run: Run) -> dict[str, str]:
    told = {"name": run.name, "note": run.note, **{f"tag {name}": value for name, value in run.tags.items()}}
    return {what: text for what, text in told.items() if text}


def _warnings(store: Store, run: Run, options: Options, origin: str) -> list[str]:
    found = []
    if run.model is None or not run.model.stored:
        found.append("The model of this run is not stored: it cannot be exported.")
    if options.real_example and kept_rows(store, run) is None:
        found.append(_NOT_KEPT.format(label=run.label))
    elif origin in {"real", "file"}:
        found.append("Real rows of data leave with the bundle.")
    if origin == "none":
        found.append(
            "The training data was recorded without columns: the bundle gets example rows only if the model tells its "
            "input, or with --example FILE."
        )
    if run.stale:
        found.append("Cells that the run depended on were edited or deleted since.")
    return found + version_differences(run)


_NOT_KEPT = (
    "No data was kept with {label}, so there are no real rows: run its cell again with `%%track --keep-data`, or give "
    "--example FILE."
)


def kept_rows(store: Store, run: Run) -> Attachment | None:
    """The model's input data as it was kept with the run on request; None where it was not."""
    dataset = input_dataset(run)
    name = dataset.name if dataset is not None else None
    return next((one for one in store.attachments(run.id) if one.kind == "data" and one.name == name), None)


def version_differences(run: Run) -> list[str]:
    """Sentences about versions here that are not those the run was trained with, as far as its model needs them."""
    if run.environment is None or run.model is None:
        return []
    from importlib import metadata

    root = run.model.module.partition(".")[0]
    then = run.environment.packages
    wanted = {"sklearn": "scikit-learn"}.get(root, root)
    found = []
    for name in sorted({wanted, f"{wanted}-cpu", "numpy", "cloudpickle"} & then.keys()):
        try:
            now = metadata.version(name)
        except metadata.PackageNotFoundError:
            found.append(f"The run was trained with {name} {then[name]}, which is not installed here.")
            continue
        if now != then[name]:
            found.append(f"The run was trained with {name} {then[name]}; here is {now}.")
    return found
