-- Deployments that can be repeated, stagings, budgets, images that were made elsewhere.
ALTER TABLE apps ADD COLUMN budget_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN held_back TEXT NOT NULL DEFAULT '';

ALTER TABLE deployments ADD COLUMN functions TEXT NOT NULL DEFAULT '{}';
ALTER TABLE deployments ADD COLUMN classes TEXT NOT NULL DEFAULT '{}';
ALTER TABLE deployments ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
ALTER TABLE deployments ADD COLUMN commit_info TEXT NOT NULL DEFAULT '{}';
ALTER TABLE deployments ADD COLUMN strategy TEXT NOT NULL DEFAULT 'rolling';
ALTER TABLE deployments ADD COLUMN rolled_back_to INTEGER NOT NULL DEFAULT 0;

-- Of the tasks: the version of the app that they belong to, or the staging that they try out.
ALTER TABLE tasks ADD COLUMN deployment_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN staging TEXT NOT NULL DEFAULT '';

-- Definitions as they stood in a deployment or stand in a staging: the owner is its id.
CREATE TABLE function_versions (
    version_key TEXT PRIMARY KEY, owner TEXT NOT NULL,
    id TEXT NOT NULL, app_id TEXT NOT NULL, tag TEXT NOT NULL, base_id TEXT NOT NULL,
    definition BLOB NOT NULL, parameters BLOB NOT NULL, options BLOB NOT NULL,
    image_id TEXT NOT NULL, revision INTEGER NOT NULL,
    generator INTEGER NOT NULL, min_containers INTEGER NOT NULL, max_containers INTEGER NOT NULL,
    buffer_containers INTEGER NOT NULL, scaledown_seconds INTEGER NOT NULL,
    max_concurrent INTEGER NOT NULL, target_concurrent INTEGER NOT NULL,
    batch_size INTEGER NOT NULL, batch_linger_ms INTEGER NOT NULL, timeout_seconds INTEGER NOT NULL,
    startup_timeout_seconds INTEGER NOT NULL, max_inputs INTEGER NOT NULL,
    retries INTEGER NOT NULL, retry_initial_ms INTEGER NOT NULL, retry_max_ms INTEGER NOT NULL,
    retry_coefficient REAL NOT NULL, gpu TEXT NOT NULL, gpu_count INTEGER NOT NULL,
    milli_cpu INTEGER NOT NULL, memory_mb INTEGER NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX function_versions_by_owner ON function_versions (owner);

CREATE TABLE stagings (
    id TEXT PRIMARY KEY, app_id TEXT NOT NULL, complete INTEGER NOT NULL, name TEXT NOT NULL,
    tag TEXT NOT NULL, client_version TEXT NOT NULL, functions TEXT NOT NULL,
    classes TEXT NOT NULL, tags TEXT NOT NULL, commit_info TEXT NOT NULL,
    created_at INTEGER NOT NULL) WITHOUT ROWID;

-- The stock client's package as an image, for one of its versions and one Python.
CREATE TABLE runtimes (
    id TEXT PRIMARY KEY, client_version TEXT NOT NULL, python_series TEXT NOT NULL,
    manifest TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
