-- Tasks that run elsewhere: which replica an engine was asked for, and what it says of it.
ALTER TABLE tasks ADD COLUMN replica_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN replica_token TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN job_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN node TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN wait_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN submitted_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN allocated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;

-- What a minute cost, for graphs; the sums of charges stay what a bill is read from.
CREATE TABLE cost_minutes (
    minute INTEGER NOT NULL, app_id TEXT NOT NULL, function_id TEXT NOT NULL, gpu TEXT NOT NULL,
    version INTEGER NOT NULL, micros INTEGER NOT NULL, cost_micros INTEGER NOT NULL,
    PRIMARY KEY (minute, app_id, function_id, gpu, version)) WITHOUT ROWID;
