-- The control plane's state. Times are microseconds since the Unix epoch; ids are the API's own.
CREATE TABLE apps (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, environment TEXT NOT NULL, description TEXT NOT NULL,
    state INTEGER NOT NULL, run_id TEXT NOT NULL, client_version TEXT NOT NULL,
    created_at INTEGER NOT NULL, stopped_at INTEGER NOT NULL, deployed_at INTEGER NOT NULL,
    version INTEGER NOT NULL, functions TEXT NOT NULL, classes TEXT NOT NULL, tags TEXT NOT NULL,
    stop_reason TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE deployments (
    id TEXT PRIMARY KEY, app_id TEXT NOT NULL, version INTEGER NOT NULL,
    client_version TEXT NOT NULL, deployed_at INTEGER NOT NULL, tag TEXT NOT NULL) WITHOUT ROWID;

-- Live definitions, and those that the next publish makes live.
CREATE TABLE functions (
    id TEXT PRIMARY KEY, app_id TEXT NOT NULL, tag TEXT NOT NULL, base_id TEXT NOT NULL,
    definition BLOB NOT NULL, parameters BLOB NOT NULL, options BLOB NOT NULL,
    image_id TEXT NOT NULL, revision INTEGER NOT NULL,
    generator INTEGER NOT NULL, min_containers INTEGER NOT NULL, max_containers INTEGER NOT NULL,
    buffer_containers INTEGER NOT NULL, scaledown_seconds INTEGER NOT NULL,
    max_concurrent INTEGER NOT NULL, target_concurrent INTEGER NOT NULL,
    batch_size INTEGER NOT NULL, batch_linger_ms INTEGER NOT NULL, timeout_seconds INTEGER NOT NULL,
    startup_timeout_seconds INTEGER NOT NULL, max_inputs INTEGER NOT NULL,
    retries INTEGER NOT NULL, retry_initial_ms INTEGER NOT NULL, retry_max_ms INTEGER NOT NULL,
    retry_coefficient REAL NOT NULL, gpu TEXT NOT NULL, gpu_count INTEGER NOT NULL,
    milli_cpu INTEGER NOT NULL, memory_mb INTEGER NOT NULL, created_at INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE staged_functions (
    id TEXT PRIMARY KEY, app_id TEXT NOT NULL, tag TEXT NOT NULL, base_id TEXT NOT NULL,
    definition BLOB NOT NULL, parameters BLOB NOT NULL, options BLOB NOT NULL,
    image_id TEXT NOT NULL, revision INTEGER NOT NULL,
    generator INTEGER NOT NULL, min_containers INTEGER NOT NULL, max_containers INTEGER NOT NULL,
    buffer_containers INTEGER NOT NULL, scaledown_seconds INTEGER NOT NULL,
    max_concurrent INTEGER NOT NULL, target_concurrent INTEGER NOT NULL,
    batch_size INTEGER NOT NULL, batch_linger_ms INTEGER NOT NULL, timeout_seconds INTEGER NOT NULL,
    startup_timeout_seconds INTEGER NOT NULL, max_inputs INTEGER NOT NULL,
    retries INTEGER NOT NULL, retry_initial_ms INTEGER NOT NULL, retry_max_ms INTEGER NOT NULL,
    retry_coefficient REAL NOT NULL, gpu TEXT NOT NULL, gpu_count INTEGER NOT NULL,
    milli_cpu INTEGER NOT NULL, memory_mb INTEGER NOT NULL, created_at INTEGER NOT NULL)
    WITHOUT ROWID;

CREATE TABLE calls (
    id TEXT PRIMARY KEY, app_id TEXT NOT NULL, function_id TEXT NOT NULL, run_id TEXT NOT NULL,
    type INTEGER NOT NULL, invocation INTEGER NOT NULL, parent_input_id TEXT NOT NULL,
    created_at INTEGER NOT NULL, finished_at INTEGER NOT NULL, cancelled INTEGER NOT NULL)
    WITHOUT ROWID;

-- What the queue needs to know of an input; its bytes stand in payloads.
CREATE TABLE inputs (
    id TEXT PRIMARY KEY, call_id TEXT NOT NULL, position INTEGER NOT NULL, method TEXT NOT NULL,
    final INTEGER NOT NULL, state INTEGER NOT NULL, task_id TEXT NOT NULL, attempt INTEGER NOT NULL,
    crashes INTEGER NOT NULL, leased_at INTEGER NOT NULL, lease_key TEXT NOT NULL,
    not_before INTEGER NOT NULL, status INTEGER NOT NULL, finished_at INTEGER NOT NULL,
    output_sequence INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX inputs_by_call ON inputs (call_id);
-- kind 0: the arguments, 1: the result.
CREATE TABLE payloads (
    owner TEXT NOT NULL, kind INTEGER NOT NULL, format INTEGER NOT NULL, data BLOB NOT NULL,
    blob_id TEXT NOT NULL, exception TEXT NOT NULL, exit_code INTEGER NOT NULL,
    traceback TEXT NOT NULL, serialized_traceback BLOB NOT NULL, line_cache BLOB NOT NULL,
    PRIMARY KEY (owner, kind));
-- What a generator yields, or what is sent into it (direction 1).
CREATE TABLE chunks (
    call_id TEXT NOT NULL, direction INTEGER NOT NULL, position INTEGER NOT NULL,
    format INTEGER NOT NULL, data BLOB NOT NULL, blob_id TEXT NOT NULL,
    PRIMARY KEY (call_id, direction, position));

CREATE TABLE tasks (
    id TEXT PRIMARY KEY, app_id TEXT NOT NULL, function_id TEXT NOT NULL, image_id TEXT NOT NULL,
    revision INTEGER NOT NULL, state INTEGER NOT NULL, worker_id TEXT NOT NULL,
    created_at INTEGER NOT NULL, started_at INTEGER NOT NULL, ready_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL, end_reason INTEGER NOT NULL, exit_code INTEGER NOT NULL,
    message TEXT NOT NULL, draining INTEGER NOT NULL, stop_at INTEGER NOT NULL,
    stop_reason INTEGER NOT NULL, stop_graceful INTEGER NOT NULL, stop_message TEXT NOT NULL,
    inputs_taken INTEGER NOT NULL, gpu TEXT NOT NULL, gpu_count INTEGER NOT NULL,
    milli_cpu INTEGER NOT NULL, memory_mb INTEGER NOT NULL, charged_until INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE workers (id TEXT PRIMARY KEY, next_sequence INTEGER NOT NULL, notes TEXT NOT NULL,
    seen_at INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE images (
    id TEXT PRIMARY KEY, state INTEGER NOT NULL, app_id TEXT NOT NULL, recipe TEXT NOT NULL,
    secrets TEXT NOT NULL, image TEXT NOT NULL, error TEXT NOT NULL, builder_version TEXT NOT NULL,
    created_at INTEGER NOT NULL, finished_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE mounts (id TEXT PRIMARY KEY, name TEXT NOT NULL, files TEXT NOT NULL,
    created_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE secrets (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, environment TEXT NOT NULL, app_id TEXT NOT NULL,
    variables TEXT NOT NULL, created_at INTEGER NOT NULL, used_at INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE logs (
    sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, app_id TEXT NOT NULL,
    function_id TEXT NOT NULL, task_id TEXT NOT NULL, image_id TEXT NOT NULL,
    descriptor INTEGER NOT NULL, text BLOB NOT NULL);
CREATE INDEX logs_by_app ON logs (app_id, sequence) WHERE app_id <> '';
CREATE INDEX logs_by_task ON logs (task_id, sequence) WHERE task_id <> '';
CREATE INDEX logs_by_image ON logs (image_id, sequence) WHERE image_id <> '';

-- The beginning of a line whose end has not come yet.
CREATE TABLE partial_lines (
    subject TEXT NOT NULL, descriptor INTEGER NOT NULL, time INTEGER NOT NULL, text BLOB NOT NULL,
    PRIMARY KEY (subject, descriptor)) WITHOUT ROWID;

CREATE TABLE usage (
    sequence INTEGER PRIMARY KEY, task_id TEXT NOT NULL, app_id TEXT NOT NULL, time INTEGER NOT NULL,
    cpu_micros INTEGER NOT NULL, memory_bytes INTEGER NOT NULL, memory_peak_bytes INTEGER NOT NULL,
    gpu_utilisation REAL NOT NULL, gpu_memory_bytes INTEGER NOT NULL, cost_micros INTEGER NOT NULL);
CREATE INDEX usage_by_task ON usage (task_id, sequence);
-- Sums by what a bill is read by; a task's cost_micros is the sum of its charges.
CREATE TABLE charges (
    app_id TEXT NOT NULL, function_id TEXT NOT NULL, gpu TEXT NOT NULL, day TEXT NOT NULL,
    micros INTEGER NOT NULL, cost_micros INTEGER NOT NULL,
    PRIMARY KEY (app_id, function_id, gpu, day)) WITHOUT ROWID;

-- The reply that a repeated request gets again.
CREATE TABLE replies (
    principal TEXT NOT NULL, method TEXT NOT NULL, key TEXT NOT NULL, reply BLOB NOT NULL,
    created_at INTEGER NOT NULL, PRIMARY KEY (principal, method, key)) WITHOUT ROWID;
CREATE INDEX replies_by_age ON replies (created_at);

-- Dict and Queue objects: the same table of names, two of contents.
CREATE TABLE collections (
    id TEXT PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, environment TEXT NOT NULL,
    created_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE dict_entries (
    dict_id TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (dict_id, key));
CREATE TABLE queue_items (
    position INTEGER PRIMARY KEY AUTOINCREMENT, queue_id TEXT NOT NULL, part BLOB NOT NULL,
    value BLOB NOT NULL, expires_at INTEGER NOT NULL);
CREATE INDEX queue_items_by_queue ON queue_items (queue_id, part, position);
