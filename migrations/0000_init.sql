CREATE TABLE `api_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`sha256` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_tokens_by_hash` ON `api_tokens` (`sha256`);--> statement-breakpoint
CREATE TABLE `environments` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `experiment_results` (
	`environment_id` text NOT NULL,
	`experiment_id` text NOT NULL,
	`goal_key` text NOT NULL,
	`computed_at` integer NOT NULL,
	`result` text NOT NULL,
	PRIMARY KEY(`environment_id`, `experiment_id`, `goal_key`, `computed_at`)
);
--> statement-breakpoint
CREATE TABLE `experiments` (
	`environment_id` text NOT NULL,
	`id` text NOT NULL,
	`value` text NOT NULL,
	`status` text NOT NULL,
	PRIMARY KEY(`environment_id`, `id`)
);
--> statement-breakpoint
CREATE TABLE `flags` (
	`environment_id` text NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	`enabled` integer NOT NULL,
	`archived` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`environment_id`, `key`)
);
--> statement-breakpoint
CREATE INDEX `flags_by_update` ON `flags` (`environment_id`,`archived`,`updated_at`);--> statement-breakpoint
CREATE TABLE `goals` (
	`environment_id` text NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`environment_id`, `key`)
);
--> statement-breakpoint
CREATE TABLE `operations` (
	`environment_id` text NOT NULL,
	`id` text NOT NULL,
	`value` text NOT NULL,
	`status` text NOT NULL,
	PRIMARY KEY(`environment_id`, `id`)
);
--> statement-breakpoint
CREATE TABLE `revisions` (
	`environment_id` text NOT NULL,
	`number` integer NOT NULL,
	`created_at` integer NOT NULL,
	`modified_at` integer NOT NULL,
	`actor` text NOT NULL,
	`command` text,
	`before` text NOT NULL,
	`after` text NOT NULL,
	`comment` text NOT NULL,
	PRIMARY KEY(`environment_id`, `number`)
);
--> statement-breakpoint
CREATE TABLE `sdk_keys` (
	`environment_id` text NOT NULL,
	`id` text NOT NULL,
	`role` text NOT NULL,
	`name` text NOT NULL,
	`sha256` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`environment_id`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sdk_keys_by_hash` ON `sdk_keys` (`sha256`);--> statement-breakpoint
CREATE TABLE `segments` (
	`environment_id` text NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`environment_id`, `key`)
);
