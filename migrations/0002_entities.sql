CREATE TABLE `changes` (
	`environment_id` text NOT NULL,
	`kind` text NOT NULL,
	`id` text NOT NULL,
	`number` integer NOT NULL,
	`place` integer NOT NULL,
	`before` text,
	`after` text,
	PRIMARY KEY(`environment_id`, `kind`, `id`, `number`)
);
--> statement-breakpoint
CREATE INDEX `changes_by_revision` ON `changes` (`environment_id`,`number`,`place`);--> statement-breakpoint
CREATE TABLE `entities` (
	`row` integer PRIMARY KEY NOT NULL,
	`environment_id` text NOT NULL,
	`kind` text NOT NULL,
	`id` text NOT NULL,
	`name` text GENERATED ALWAYS AS (json_extract("value", '$.name')) STORED,
	`flag_key` text GENERATED ALWAYS AS (json_extract("value", '$.flagKey')) STORED,
	`type` text GENERATED ALWAYS AS (json_extract("value", '$.type')) STORED,
	`maintainer` text GENERATED ALWAYS AS (json_extract("value", '$.maintainer')) STORED,
	`status` text GENERATED ALWAYS AS (json_extract("value", '$.status')) STORED,
	`enabled` integer GENERATED ALWAYS AS (json_extract("value", '$.enabled')) STORED,
	`archived` integer GENERATED ALWAYS AS (json_extract("value", '$.archived')) STORED,
	`sha256` text GENERATED ALWAYS AS (json_extract("value", '$.sha256')) STORED,
	`created_at` integer GENERATED ALWAYS AS (json_extract("value", '$.createdAt')) STORED,
	`updated_at` integer GENERATED ALWAYS AS (json_extract("value", '$.updatedAt')) STORED,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `entities_by_id` ON `entities` (`environment_id`,`kind`,`id`);--> statement-breakpoint
CREATE INDEX `entities_by_name` ON `entities` (`environment_id`,`kind`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `entities_by_creation` ON `entities` (`environment_id`,`kind`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `entities_by_update` ON `entities` (`environment_id`,`kind`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `entities_by_flag` ON `entities` (`environment_id`,`kind`,`flag_key`);--> statement-breakpoint
CREATE INDEX `entities_by_maintainer` ON `entities` (`environment_id`,`kind`,`maintainer`);--> statement-breakpoint
CREATE INDEX `entities_by_status` ON `entities` (`environment_id`,`kind`,`status`);--> statement-breakpoint
CREATE INDEX `entities_by_hash` ON `entities` (`sha256`) WHERE sha256 is not null;--> statement-breakpoint
CREATE TABLE `entity_tags` (
	`environment_id` text NOT NULL,
	`tag` text NOT NULL,
	`flag_key` text NOT NULL,
	PRIMARY KEY(`environment_id`, `tag`, `flag_key`)
);
--> statement-breakpoint
CREATE INDEX `entity_tags_by_flag` ON `entity_tags` (`environment_id`,`flag_key`);--> statement-breakpoint
CREATE VIRTUAL TABLE `entity_words` USING fts5(words, content='', contentless_delete=1, tokenize='trigram');--> statement-breakpoint
CREATE TRIGGER `entities_inserted` AFTER INSERT ON `entities` BEGIN
	INSERT INTO `entity_words` (rowid, words) VALUES (new.row, new.id || char(10) || coalesce(new.name, '') || char(10) || coalesce(json_extract(new.value, '$.description'), ''));
	INSERT OR IGNORE INTO `entity_tags` SELECT new.environment_id, value, new.id FROM json_each(new.value, '$.tags') WHERE new.kind = 'flag';
END;--> statement-breakpoint
CREATE TRIGGER `entities_deleted` AFTER DELETE ON `entities` BEGIN
	DELETE FROM `entity_words` WHERE rowid = old.row;
	DELETE FROM `entity_tags` WHERE old.kind = 'flag' AND environment_id = old.environment_id AND flag_key = old.id;
END;--> statement-breakpoint
CREATE TRIGGER `entities_updated` AFTER UPDATE ON `entities` BEGIN
	DELETE FROM `entity_words` WHERE rowid = old.row;
	INSERT INTO `entity_words` (rowid, words) VALUES (new.row, new.id || char(10) || coalesce(new.name, '') || char(10) || coalesce(json_extract(new.value, '$.description'), ''));
	DELETE FROM `entity_tags` WHERE old.kind = 'flag' AND environment_id = old.environment_id AND flag_key = old.id;
	INSERT OR IGNORE INTO `entity_tags` SELECT new.environment_id, value, new.id FROM json_each(new.value, '$.tags') WHERE new.kind = 'flag';
END;--> statement-breakpoint
INSERT INTO `entities` (environment_id, kind, id, value) SELECT environment_id, 'flag', key, value FROM `flags`;--> statement-breakpoint
INSERT INTO `entities` (environment_id, kind, id, value) SELECT environment_id, 'segment', key, value FROM `segments`;--> statement-breakpoint
INSERT INTO `entities` (environment_id, kind, id, value) SELECT environment_id, 'goal', key, json_set(value, '$.version', 1, '$.updatedAt', json_extract(value, '$.createdAt')) FROM `goals`;--> statement-breakpoint
INSERT INTO `entities` (environment_id, kind, id, value) SELECT environment_id, 'experiment', id, json_set(value, '$.version', 1, '$.updatedAt', json_extract(value, '$.createdAt')) FROM `experiments`;--> statement-breakpoint
INSERT INTO `entities` (environment_id, kind, id, value) SELECT environment_id, 'operation', id, json_set(value, '$.version', 1, '$.updatedAt', json_extract(value, '$.createdAt')) FROM `operations`;--> statement-breakpoint
INSERT INTO `entities` (environment_id, kind, id, value) SELECT environment_id, 'sdkKey', id, json_object('id', id, 'role', role, 'name', name, 'sha256', sha256, 'disabled', json('false'), 'version', 1, 'createdAt', created_at, 'updatedAt', created_at) FROM `sdk_keys`;--> statement-breakpoint
INSERT INTO `entities` (environment_id, kind, id, value) SELECT tags.environment_id, 'tag', tag, json_object('key', tag, 'name', '', 'version', 1, 'createdAt', environments.created_at, 'updatedAt', environments.created_at) FROM (SELECT DISTINCT environment_id, tag FROM `entity_tags`) AS tags JOIN `environments` ON environments.id = tags.environment_id;--> statement-breakpoint
INSERT INTO `changes` SELECT revisions.environment_id, json_extract(a.value, '$.kind'), json_extract(a.value, '$.id'), revisions.number, a.key, (SELECT json_extract(b.value, '$.value') FROM json_each(revisions.before) AS b WHERE json_extract(b.value, '$.kind') = json_extract(a.value, '$.kind') AND json_extract(b.value, '$.id') = json_extract(a.value, '$.id')), json_extract(a.value, '$.value') FROM `revisions`, json_each(revisions.after) AS a;--> statement-breakpoint
UPDATE `changes` SET before = json_set(before, '$.version', 1, '$.updatedAt', json_extract(before, '$.createdAt')) WHERE json_extract(before, '$.version') IS NULL AND before IS NOT NULL;--> statement-breakpoint
UPDATE `changes` SET after = json_set(after, '$.version', 1, '$.updatedAt', json_extract(after, '$.createdAt')) WHERE json_extract(after, '$.version') IS NULL AND after IS NOT NULL;
