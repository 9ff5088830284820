CREATE TABLE `deliveries` (
	`environment_id` text NOT NULL,
	`webhook_id` text NOT NULL,
	`id` text NOT NULL,
	`created_at` integer NOT NULL,
	`type` text NOT NULL,
	`state` text NOT NULL,
	`since` integer NOT NULL,
	`attempts` integer NOT NULL,
	`next_attempt_at` integer,
	`last_attempt_at` integer,
	`last_status` integer,
	`last_error` text,
	`body` text NOT NULL,
	PRIMARY KEY(`environment_id`, `webhook_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `deliveries_by_time` ON `deliveries` (`environment_id`,`webhook_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_by_state` ON `deliveries` (`environment_id`,`state`,`webhook_id`,`next_attempt_at`);--> statement-breakpoint
CREATE TABLE `webhook_health` (
	`environment_id` text NOT NULL,
	`webhook_id` text NOT NULL,
	`failing_since` integer,
	`failures` integer NOT NULL,
	`last_delivered_at` integer,
	`last_error` text,
	PRIMARY KEY(`environment_id`, `webhook_id`)
);
