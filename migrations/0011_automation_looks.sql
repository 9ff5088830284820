CREATE TABLE `rollout_looks` (
	`environment_id` text NOT NULL,
	`rollout_id` text NOT NULL,
	`looked_at` integer NOT NULL,
	`look` text NOT NULL,
	PRIMARY KEY(`environment_id`, `rollout_id`)
);
--> statement-breakpoint
CREATE TABLE `trigger_firings` (
	`environment_id` text NOT NULL,
	`trigger_id` text NOT NULL,
	`firings` integer NOT NULL,
	`last` text NOT NULL,
	PRIMARY KEY(`environment_id`, `trigger_id`)
);
