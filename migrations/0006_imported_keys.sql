CREATE TABLE `imported_keys` (
	`sha256` text PRIMARY KEY NOT NULL,
	`environment_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `imported_keys_by_environment` ON `imported_keys` (`environment_id`);
--> statement-breakpoint
-- The keys that were imported before: the first to import one owns it.
INSERT OR IGNORE INTO `imported_keys`
SELECT `sha256`, `environment_id` FROM `entities`
WHERE `kind` = 'sdkKey' AND json_extract(`value`, '$.foreign') = 1 AND `sha256` IS NOT NULL
ORDER BY `created_at`, `environment_id`;
--> statement-breakpoint
INSERT OR IGNORE INTO `imported_keys`
SELECT json_extract(`value`, '$.previous.sha256'), `environment_id` FROM `entities`
WHERE `kind` = 'sdkKey' AND json_extract(`value`, '$.foreign') = 1
  AND json_extract(`value`, '$.previous.sha256') IS NOT NULL
ORDER BY `created_at`, `environment_id`;
