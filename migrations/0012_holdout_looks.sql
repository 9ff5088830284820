CREATE TABLE `holdout_looks` (
	`environment_id` text NOT NULL,
	`holdout_id` text NOT NULL,
	`looked_at` integer NOT NULL,
	`look` text NOT NULL,
	PRIMARY KEY(`environment_id`, `holdout_id`)
);
