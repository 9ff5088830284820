CREATE TABLE `audit` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`organisation_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`actor` text NOT NULL,
	`actor_id` text NOT NULL,
	`origin` text NOT NULL,
	`kind` text NOT NULL,
	`entity_kind` text NOT NULL,
	`entity_id` text NOT NULL,
	`version` integer NOT NULL,
	`before` text,
	`after` text,
	`comment` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_by_number` ON `audit` (`organisation_id`,`number`);--> statement-breakpoint
CREATE INDEX `audit_by_time` ON `audit` (`organisation_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `audit_by_actor` ON `audit` (`organisation_id`,`actor_id`,`number`);--> statement-breakpoint
CREATE INDEX `audit_by_kind` ON `audit` (`organisation_id`,`kind`,`number`);--> statement-breakpoint
CREATE UNIQUE INDEX `audit_by_entity` ON `audit` (`organisation_id`,`entity_kind`,`entity_id`,`version`);--> statement-breakpoint
CREATE TABLE `members` (
	`organisation_id` text NOT NULL,
	`id` text NOT NULL,
	`email` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`environments` text NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`organisation_id`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `members_by_email` ON `members` (`email`,`organisation_id`);--> statement-breakpoint
CREATE TABLE `organisations` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`archived` integer DEFAULT false NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `projects` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`archived` integer DEFAULT false NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `projects_by_organisation` ON `projects` (`organisation_id`,`id`);--> statement-breakpoint
ALTER TABLE `api_tokens` ADD `organisation_id` text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE `api_tokens` ADD `environments` text;--> statement-breakpoint
ALTER TABLE `api_tokens` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `api_tokens` ADD `last_used_at` integer;--> statement-breakpoint
ALTER TABLE `api_tokens` ADD `disabled` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `api_tokens` ADD `version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX `api_tokens_by_organisation` ON `api_tokens` (`organisation_id`,`id`);--> statement-breakpoint
ALTER TABLE `environments` ADD `project_id` text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE `environments` ADD `description` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `environments` ADD `archived` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `environments` ADD `version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `revisions` ADD `actor_id` text GENERATED ALWAYS AS (json_extract(actor, '$.id')) VIRTUAL;--> statement-breakpoint
ALTER TABLE `revisions` ADD `kind` text GENERATED ALWAYS AS (coalesce(json_extract(command, '$.kind'), 'create-environment')) VIRTUAL;--> statement-breakpoint
CREATE INDEX `revisions_by_time` ON `revisions` (`environment_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `revisions_by_actor` ON `revisions` (`environment_id`,`actor_id`,`number`);--> statement-breakpoint
CREATE INDEX `revisions_by_kind` ON `revisions` (`environment_id`,`kind`,`number`);--> statement-breakpoint
INSERT INTO `organisations` (`id`, `name`, `created_at`) VALUES ('default', 'Default', 0);--> statement-breakpoint
INSERT INTO `projects` (`id`, `organisation_id`, `name`, `description`, `created_at`) VALUES ('default', 'default', 'Default', '', 0);
