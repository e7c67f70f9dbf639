"""The schema of ``lineage.db``: every table and column with its meaning, and the history of versions.

The SQL below is what runs, and its comments are the documentation: ``docs/generate.py`` makes the reference
page of them. A table is followed by ``-- what a row is``, a column by ``-- what it holds``.

Conventions: ``pk`` is an internal row number, ``id`` a UUIDv7 in text form, a digest is ``b3:`` and hex, times are
seconds since the epoch in UTC, durations seconds, sizes bytes, truth 0 or 1, structured values JSON.
``seal`` holds 64 bits of BLAKE3 over the row, of a run over all rows that belong to it: a flipped bit is found.

Version history (``PRAGMA user_version``):

- 1: the first.
"""

from __future__ import annotations

import sqlite3

__all__ = [
    "APPLICATION_ID",
    "INDEXES",
    "MIGRATIONS",
    "MIGRATION_SET",
    "TABLES",
    "TRIGGERS",
    "VERSION",
    "VIEWS",
    "create",
    "statements",
]

VERSION = 1
APPLICATION_ID = 0x6E627472  # "nbtr", told by file(1) and checked on opening
MIGRATION_SET = "nbtrack"
MIGRATIONS = ("initial",)  # what a blank store is marked to have had; each is in migrations.py

TABLES = """
CREATE TABLE writes (  -- how often the store was written, one row: write.lock says it, too, so that a lost log shows
    count INTEGER NOT NULL  -- transactions that were committed
) STRICT;

CREATE TABLE names (  -- names of params and metrics, each once
    pk INTEGER PRIMARY KEY,  -- row number
    name TEXT NOT NULL UNIQUE,  -- the name
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE experiments (  -- named groups of runs
    pk INTEGER PRIMARY KEY,  -- row number
    name TEXT NOT NULL UNIQUE,  -- by default the notebook's name
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE classes (  -- classes of models, each once
    pk INTEGER PRIMARY KEY,  -- row number
    name TEXT NOT NULL,  -- such as RandomForestClassifier
    module TEXT NOT NULL,  -- such as sklearn.ensemble._forest
    framework TEXT NOT NULL,  -- such as sklearn
    seal INTEGER NOT NULL,  -- seal of the row
    UNIQUE (name, module, framework)
) STRICT;

CREATE TABLE sessions (  -- lives of kernels and scripts
    pk INTEGER PRIMARY KEY,  -- row number
    id TEXT NOT NULL UNIQUE,  -- UUIDv7
    started_at REAL NOT NULL,  -- when
    ended_at REAL,  -- when it ended or was found dead; NULL: alive at the last look
    pid INTEGER NOT NULL,  -- process id on that host
    host TEXT NOT NULL,  -- name of the machine
    boot_id TEXT NOT NULL,  -- which boot of the machine
    python TEXT NOT NULL,  -- version of Python
    notebook_path TEXT,  -- the notebook, where it was known
    folder TEXT,  -- its working directory when it began
    executable TEXT,  -- the Python it ran in
    hash_seed TEXT,  -- its PYTHONHASHSEED; NULL: not set, so that the order of sets of strings was another each time
    folds INTEGER NOT NULL DEFAULT 0,  -- how often the session's journal of metric points was taken into the database
    seal INTEGER NOT NULL  -- seal of the row, but for its end and its folds
) STRICT;

CREATE TABLE sources (  -- texts of cells, each once, secrets replaced
    pk INTEGER PRIMARY KEY,  -- row number
    digest TEXT NOT NULL,  -- digest of the text
    text TEXT NOT NULL,  -- the text
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE executions (  -- runnings of cells
    pk INTEGER PRIMARY KEY,  -- row number
    id TEXT NOT NULL UNIQUE,  -- UUIDv7
    session INTEGER NOT NULL REFERENCES sessions,  -- in which session
    sequence INTEGER NOT NULL,  -- counts the executions of the session from 1
    execution_count INTEGER,  -- the number that the front end shows
    cell_id TEXT,  -- the cell's Jupyter id
    notebook_path TEXT,  -- the notebook, where it was known
    source INTEGER NOT NULL REFERENCES sources,  -- the cell's text
    started_at REAL NOT NULL,  -- when
    duration_seconds REAL,  -- how long; NULL while it runs
    state TEXT NOT NULL CHECK (state IN ('RUNNING', 'COMPLETE', 'FAILED', 'CANCELED')),  -- how it stands or ended
    error_name TEXT,  -- class of the exception that ended it
    error_message TEXT,  -- its message, secrets replaced
    error_traceback TEXT,  -- its traceback, secrets replaced
    error_line INTEGER,  -- the line of the cell it came out of; NULL: it never ran, or did not fail
    reads TEXT,  -- JSON list of the names whose values from before it used; NULL: none
    writes TEXT,  -- JSON list of the names it bound; NULL: none
    seal INTEGER NOT NULL DEFAULT 0  -- seal of the row
) STRICT;

CREATE TABLE effects (  -- what executions did beside reading and binding names, and what they needed
    execution INTEGER PRIMARY KEY REFERENCES executions ON DELETE CASCADE,  -- which
    needs TEXT NOT NULL,  -- JSON list: sequence numbers, in its session, of the executions whose results it used
    draws TEXT NOT NULL,  -- JSON object: the same, of those it needs only as they drew random numbers, by stream
    mutates TEXT NOT NULL,  -- JSON list of the names whose object it changed in place
    deletes TEXT NOT NULL,  -- JSON list of the names it deleted
    opaque TEXT NOT NULL,  -- JSON list, in words: what could not be followed
    unseeded TEXT NOT NULL,  -- JSON list: streams of random numbers it drew from that nobody had seeded
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE execution_files (  -- files that executions read and wrote
    execution INTEGER NOT NULL REFERENCES executions ON DELETE CASCADE,  -- which execution
    path TEXT NOT NULL,  -- relative to the project
    generated INTEGER NOT NULL,  -- 1: it wrote the file; 0: it read it
    size_bytes INTEGER NOT NULL,  -- bytes, when the execution ended
    modified_ns INTEGER NOT NULL,  -- when the file was last modified then, in nanoseconds since 1970
    digest TEXT,  -- digest of the content; NULL: not computed
    seal INTEGER NOT NULL,  -- seal of the row
    PRIMARY KEY (execution, generated, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE outputs (  -- what an execution printed, where it printed something
    execution INTEGER PRIMARY KEY REFERENCES executions ON DELETE CASCADE,  -- which
    stdout TEXT NOT NULL,  -- its standard output, cut and secrets replaced
    stderr TEXT NOT NULL,  -- its standard error, cut and secrets replaced
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE random_states (  -- how executions that drew random numbers found the generators
    execution INTEGER NOT NULL REFERENCES executions ON DELETE CASCADE,  -- which execution
    stream TEXT NOT NULL,  -- whose generator: python, numpy or torch
    state BLOB NOT NULL,  -- its state before the execution (nbtrack/observe/streams.py)
    seal INTEGER NOT NULL,  -- seal of the row
    PRIMARY KEY (execution, stream)
) STRICT;

CREATE TABLE environments (  -- where runs ran, each once
    pk INTEGER PRIMARY KEY,  -- row number
    digest TEXT NOT NULL,  -- digest over all the rest
    python TEXT NOT NULL,  -- version of Python
    platform TEXT NOT NULL,  -- operating system and architecture
    git TEXT,  -- JSON object: commit, branch, dirty; NULL: not in a repository
    hardware TEXT NOT NULL,  -- JSON object: processors, memory, accelerators
    packages BLOB NOT NULL,  -- names and versions of the installed packages: a JSON object, compressed by zlib
    modules BLOB NOT NULL,  -- own imported modules: JSON of path, digest and source by name, compressed by zlib
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE runs (  -- trainings
    pk INTEGER PRIMARY KEY,  -- row number
    id TEXT NOT NULL UNIQUE,  -- UUIDv7
    label TEXT NOT NULL UNIQUE,  -- such as SVC-3; a number is never used again
    name TEXT,  -- what the user called it
    state TEXT NOT NULL CHECK (state IN ('RUNNING', 'COMPLETE', 'FAILED', 'CANCELED')),  -- how it stands or ended
    experiment INTEGER NOT NULL REFERENCES experiments,  -- its group
    execution INTEGER NOT NULL REFERENCES executions,  -- the execution that made it
    started_at REAL NOT NULL,  -- when
    duration_seconds REAL,  -- how long the training took; NULL: unknown
    capture_seconds REAL,  -- what watching it cost
    capture_notes TEXT,  -- JSON list of what could not be captured and why; NULL: nothing
    explicit INTEGER NOT NULL,  -- 1: asked for by the user
    fits INTEGER NOT NULL,  -- how many trainings it stands for
    starred INTEGER NOT NULL,  -- 1: marked by the user
    note TEXT,  -- the user's words
    class INTEGER REFERENCES classes,  -- class of the model; NULL: no model
    model_variable TEXT,  -- the name that held the model
    model_digest TEXT,  -- digest of the model
    model_size INTEGER,  -- bytes of the model
    model_stored INTEGER NOT NULL DEFAULT 0,  -- 1: its bytes are in the store
    model_retained INTEGER NOT NULL DEFAULT 0,  -- 1: the namespace still held it after the execution
    environment INTEGER REFERENCES environments,  -- where it ran
    seal INTEGER NOT NULL DEFAULT 0  -- seal of the row and of the rows that belong to the run
) STRICT;

CREATE TABLE params (  -- values chosen before training, each once
    pk INTEGER PRIMARY KEY,  -- row number
    name INTEGER NOT NULL REFERENCES names,  -- its name
    value ANY NOT NULL,  -- the value; a list, an object, null and what SQLite cannot hold as JSON text
    kind TEXT NOT NULL CHECK (kind IN ('int', 'float', 'str', 'bool', 'json')),  -- type of the value
    origin TEXT NOT NULL,  -- constructor, fit, default, variable, loop, grid or explicit
    redacted INTEGER NOT NULL,  -- 1: a secret was replaced
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE run_params (  -- which run had which params
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,  -- the run
    name INTEGER NOT NULL REFERENCES names,  -- the param's name, here too so that a run's param is found at once
    position INTEGER NOT NULL,  -- place in the list
    param INTEGER NOT NULL REFERENCES params,  -- the param
    chosen INTEGER NOT NULL,  -- 0: origin default; 1: any other. Only the chosen are indexed: defaults are many
    execution INTEGER REFERENCES executions,  -- the execution that gave the value, if another than the run's own
    execution_id TEXT,  -- its id, where that execution is not in the store
    PRIMARY KEY (run, name, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE metrics (  -- numbers measured on a run; of a curve, its last value
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,  -- the run
    name INTEGER NOT NULL REFERENCES names,  -- its name
    position INTEGER NOT NULL,  -- place in the list
    value REAL,  -- the number, possibly infinite; NULL: NaN
    origin TEXT NOT NULL,  -- call, loop, variable, history or explicit
    variable TEXT,  -- the name that the number was bound to
    dataset TEXT,  -- name of the data it was measured on
    execution INTEGER REFERENCES executions,  -- the execution that measured it
    execution_id TEXT,  -- its id, where that execution is not in the store
    points INTEGER NOT NULL,  -- length of the curve; 1: no curve
    at REAL,  -- when
    PRIMARY KEY (run, name, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE outcomes (  -- how predictions came out row by row, for paired tests; not the predictions themselves
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,  -- the run
    dataset TEXT NOT NULL,  -- name of the data that was scored
    kind TEXT NOT NULL,  -- correct: a bit a row; error: the absolute error of each row as a 32-bit float
    truth TEXT NOT NULL,  -- digest of the true values: outcomes with the same are of the same rows
    rows INTEGER NOT NULL,  -- how many rows
    data BLOB NOT NULL,  -- the bits or floats, compressed by zlib
    seal INTEGER NOT NULL,  -- seal of the row
    PRIMARY KEY (run, dataset, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE scored (  -- data that runs were measured on, told by digests; not the data
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,  -- the run
    dataset TEXT NOT NULL,  -- the name that its metrics give; empty: they give none
    rows INTEGER NOT NULL,  -- how many rows
    inputs TEXT,  -- name of what the model was given; NULL: not seen
    digest TEXT,  -- digest of what the model was given; NULL: not seen, or several
    truth TEXT,  -- digest of the true values as an array; NULL: not seen, or several
    shared INTEGER,  -- how many of the rows are also among the training rows; NULL: that could not be told
    reason TEXT NOT NULL,  -- why not; empty: it could be told
    seal INTEGER NOT NULL,  -- seal of the row
    PRIMARY KEY (run, dataset)
) STRICT, WITHOUT ROWID;

CREATE TABLE points (  -- curves of metrics, in pieces
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,  -- the run
    name INTEGER NOT NULL REFERENCES names,  -- the metric's name
    dataset TEXT NOT NULL,  -- the metric's dataset; empty: none
    first INTEGER NOT NULL,  -- place in the curve of the first point of this piece
    count INTEGER NOT NULL,  -- points in this piece
    logged INTEGER NOT NULL,  -- 1: logged one by one; 0: handed over with the metric
    data BLOB NOT NULL,  -- steps, values and times, packed (nbtrack/store/points.py)
    PRIMARY KEY (run, name, dataset, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE contents (  -- what data contained, told by digests, each once
    pk INTEGER PRIMARY KEY,  -- row number
    digest TEXT NOT NULL,  -- digest of the data
    kind TEXT NOT NULL,  -- type, such as pandas.DataFrame
    shape TEXT,  -- JSON list; NULL: it has none
    by_pickle INTEGER NOT NULL,  -- 1: no canonical form, so the digest means nothing in another process
    sampled INTEGER NOT NULL,  -- 1: not all was read
    columns BLOB,  -- names, dtypes, digests and profiles of the columns: a JSON list, compressed by zlib; NULL: none
    begins_with TEXT,  -- JSON list of the digests of earlier data that its first rows are; NULL: none is known
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE run_datasets (  -- which data went into which run
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,  -- the run
    position INTEGER NOT NULL,  -- place in the list
    name TEXT NOT NULL,  -- the name in the notebook
    role TEXT NOT NULL,  -- train, validation, test or input
    content INTEGER NOT NULL REFERENCES contents,  -- the data
    size_bytes INTEGER,  -- bytes in memory
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE files (  -- states of files that were read, each once
    pk INTEGER PRIMARY KEY,  -- row number
    path TEXT NOT NULL,  -- relative to the project
    digest TEXT NOT NULL,  -- digest of the content
    size_bytes INTEGER NOT NULL,  -- bytes
    seal INTEGER NOT NULL,  -- seal of the row
    UNIQUE (path, digest, size_bytes)
) STRICT;

CREATE TABLE run_files (  -- which files a run read
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,  -- the run
    position INTEGER NOT NULL,  -- place in the list
    file INTEGER NOT NULL REFERENCES files,  -- the file
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_dependencies (  -- executions that a run depends on
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,  -- the run
    position INTEGER NOT NULL,  -- place in the list
    execution INTEGER REFERENCES executions,  -- the execution; NULL: not in the store
    elsewhere TEXT,  -- JSON list of id, execution_count and cell_id of one that is not in the store
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_tags (  -- the user's tags
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,  -- the run
    name TEXT NOT NULL,  -- key
    value TEXT NOT NULL,  -- value
    PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_trials (  -- tables of trials inside runs, such as a search's candidates
    run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,  -- the run
    columns TEXT NOT NULL,  -- JSON list of names
    rows BLOB NOT NULL,  -- a JSON list of rows, compressed by zlib
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE reproductions (  -- reproductions of runs, and repeats of runs with other seeds
    pk INTEGER PRIMARY KEY,  -- row number
    id TEXT NOT NULL UNIQUE,  -- UUIDv7
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,  -- which run
    kind TEXT NOT NULL CHECK (kind IN ('reproduction', 'stability')),  -- judged once, or repeated with seeds
    state TEXT NOT NULL CHECK (state IN ('RUNNING', 'COMPLETE', 'CANCELED')),  -- how it stands or ended
    started_at REAL NOT NULL,  -- when
    pid INTEGER NOT NULL,  -- the process that does it
    host TEXT NOT NULL,  -- name of the machine
    duration_seconds REAL,  -- how long it took; NULL: not complete
    verdict TEXT CHECK (verdict IN ('same', 'close', 'different', 'failed')),  -- NULL: not complete, or of seeds
    environment INTEGER REFERENCES environments,  -- where it ran; NULL: nothing ran
    document TEXT,  -- JSON object: all that was judged; NULL: not complete
    seal INTEGER NOT NULL  -- seal of the row, but for its state and its process
) STRICT;

CREATE TABLE label_numbers (  -- the last number given to a label
    stem TEXT PRIMARY KEY,  -- the label without its number
    last INTEGER NOT NULL  -- the number
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (  -- stored bytes
    digest TEXT PRIMARY KEY,  -- their digest
    size INTEGER NOT NULL,  -- how many
    encoding TEXT NOT NULL,  -- how they are kept: raw or zstd
    stored INTEGER NOT NULL,  -- how many as they are kept
    data BLOB,  -- the bytes of a small one; NULL: in a file under blobs/
    condemned_at REAL,  -- when garbage collection found that nothing needs them; NULL: something does, for all it knows
    dense INTEGER NOT NULL DEFAULT 0  -- 1: a look at the file found that it would hardly shrink
) STRICT;

CREATE TABLE attachments (  -- figures that executions showed, and data kept on request
    execution INTEGER NOT NULL REFERENCES executions ON DELETE CASCADE,  -- which execution
    position INTEGER NOT NULL,  -- place in the list
    kind TEXT NOT NULL,  -- figure, data or bundle
    name TEXT NOT NULL,  -- figure-1, or the name of the data in the notebook
    media_type TEXT NOT NULL,  -- such as image/png
    blob TEXT NOT NULL,  -- digest of the bytes
    seal INTEGER NOT NULL,  -- seal of the row
    PRIMARY KEY (execution, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstones (  -- runs that were removed
    run_id TEXT NOT NULL,  -- the run's id; a run that was imported again and removed again has several
    label TEXT PRIMARY KEY,  -- its label, which is never used again
    experiment TEXT NOT NULL,  -- the group it was in
    started_at REAL NOT NULL,  -- when it ran
    removed_at REAL NOT NULL,  -- when it was removed
    removed_by TEXT NOT NULL,  -- who removed it: user@machine
    model TEXT,  -- digest of its model; NULL: it had none
    datasets TEXT NOT NULL,  -- JSON list of the digests of its data
    files TEXT NOT NULL,  -- JSON list of the digests of the files it read
    blobs TEXT NOT NULL,  -- JSON list of the digests of the bytes that were stored for it
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE models (  -- stored models
    digest TEXT PRIMARY KEY,  -- digest of the model
    sizes TEXT NOT NULL,  -- JSON list: bytes of its pickle stream and of each of its out-of-band buffers
    seal INTEGER NOT NULL  -- seal of the row and of the digests of its blobs
) STRICT, WITHOUT ROWID;

CREATE TABLE model_blobs (  -- which bytes make a model
    model TEXT NOT NULL REFERENCES models ON DELETE CASCADE,  -- the model
    position INTEGER NOT NULL,  -- place in the list: first those of the pickle stream (nbtrack/digests/pieces.py)
    blob TEXT NOT NULL,  -- digest of the bytes
    PRIMARY KEY (model, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE registered_models (  -- names under which models are handed on
    pk INTEGER PRIMARY KEY,  -- row number
    name TEXT NOT NULL UNIQUE,  -- such as churn
    created_at REAL NOT NULL,  -- when its first version was registered
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE model_versions (  -- versions of registered models; a row is never changed or removed
    model INTEGER NOT NULL REFERENCES registered_models,  -- of which model
    version INTEGER NOT NULL,  -- 1, 2, 3, …
    run INTEGER NOT NULL REFERENCES runs,  -- the run whose model it is; cannot be removed while this row refers to it
    model_digest TEXT NOT NULL,  -- digest of the model
    created_at REAL NOT NULL,  -- when
    created_by TEXT NOT NULL,  -- who: name of the user on that machine
    seal INTEGER NOT NULL,  -- seal of the row
    PRIMARY KEY (model, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE model_aliases (  -- labels of versions that can be moved, each once a model
    model INTEGER NOT NULL REFERENCES registered_models,  -- of which model
    alias TEXT NOT NULL,  -- such as champion
    version INTEGER NOT NULL,  -- the version that has it
    seal INTEGER NOT NULL,  -- seal of the row
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, version) REFERENCES model_versions
) STRICT, WITHOUT ROWID;

CREATE TABLE exports (  -- bundles written from runs; a run that was exported is kept
    pk INTEGER PRIMARY KEY,  -- row number
    run INTEGER NOT NULL REFERENCES runs,  -- the run
    at REAL NOT NULL,  -- when
    manifest TEXT NOT NULL,  -- sha256 of the bundle's manifest.json, which names a bundle
    format TEXT NOT NULL,  -- format of the model in it
    safe INTEGER NOT NULL,  -- 1: the format holds no code that runs on loading
    name TEXT NOT NULL,  -- file name of the bundle, without its folder
    seal INTEGER NOT NULL  -- seal of the row
) STRICT;

CREATE TABLE audit (  -- what was decided about models: a row is only ever appended
    pk INTEGER PRIMARY KEY,  -- row number, without gaps
    at REAL NOT NULL,  -- when
    who TEXT NOT NULL,  -- name of the user on that machine
    action TEXT NOT NULL,  -- register, alias, check, override, export or import
    subject TEXT NOT NULL,  -- the registered model, version or run that it is about
    before TEXT,  -- state before, such as v2; NULL: there was none
    after TEXT,  -- state after, such as v3; NULL: there is none
    detail TEXT NOT NULL,  -- JSON object with the rest: outcomes of rules, the reason given
    chain TEXT NOT NULL  -- digest over this row and the chain of the row before, so that a changed or missing one shows
) STRICT;
"""

TRIGGERS = """
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit table is only appended to'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit table is only appended to'); END;
CREATE TRIGGER versions_are_never_changed BEFORE UPDATE ON model_versions
    BEGIN SELECT RAISE(ABORT, 'a registered version is never changed'); END;
CREATE TRIGGER versions_are_never_removed BEFORE DELETE ON model_versions
    BEGIN SELECT RAISE(ABORT, 'a registered version is never removed'); END;
"""

INDEXES = """
CREATE INDEX sessions_open ON sessions (id) WHERE ended_at IS NULL;
CREATE INDEX sources_by_digest ON sources (digest);
CREATE INDEX executions_by_session ON executions (session, sequence);
CREATE INDEX executions_by_cell ON executions (cell_id, started_at) WHERE cell_id IS NOT NULL;
CREATE INDEX execution_files_by_path ON execution_files (path, modified_ns);
CREATE INDEX environments_by_digest ON environments (digest);
CREATE INDEX runs_by_start ON runs (started_at);
CREATE INDEX runs_by_experiment ON runs (experiment, started_at);
CREATE INDEX runs_by_class ON runs (class, started_at);
CREATE INDEX runs_by_execution ON runs (execution);
CREATE INDEX runs_unfinished ON runs (pk) WHERE state = 'RUNNING';
CREATE UNIQUE INDEX params_by_value ON params (name, value, kind, origin, redacted);
CREATE INDEX params_default ON params (name, value) WHERE origin = 'default';
CREATE INDEX run_params_chosen ON run_params (param, chosen) WHERE chosen = 1;
CREATE INDEX metrics_by_value ON metrics (name, value);
CREATE INDEX contents_by_digest ON contents (digest);
CREATE INDEX run_datasets_by_content ON run_datasets (content);
CREATE INDEX reproductions_by_run ON reproductions (run, pk);
CREATE INDEX run_tags_by_value ON run_tags (name, value);
CREATE INDEX model_versions_by_run ON model_versions (run);
CREATE INDEX exports_by_run ON exports (run);
CREATE INDEX model_blobs_by_blob ON model_blobs (blob);
CREATE INDEX tombstones_by_run ON tombstones (run_id);
"""

VIEWS = """
CREATE VIEW param_list AS  -- params by the run's label, to be read by people
    SELECT runs.label, names.name, params.value, params.kind, params.origin
    FROM run_params JOIN runs ON runs.pk = run_params.run JOIN params ON params.pk = run_params.param
    JOIN names ON names.pk = params.name;

CREATE VIEW metric_list AS  -- metrics by the run's label, to be read by people
    SELECT runs.label, names.name, metrics.value, metrics.dataset, metrics.origin, metrics.points
    FROM metrics JOIN runs ON runs.pk = metrics.run JOIN names ON names.pk = metrics.name;
"""


def create(connection: sqlite3.Connection) -> None:
    """Create all that :data:`VERSION` has in a blank database, in the open transaction."""
    for statement in statements(TABLES + INDEXES + VIEWS + TRIGGERS):
        connection.execute(statement)
    connection.execute("INSERT INTO writes VALUES (0)")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def statements(script: str) -> list[str]:
    """The statements of a script, one each: ``executescript`` would commit the open transaction first."""
    found, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return found
