CREATE TABLE `allocation_looks` (
	`environment_id` text NOT NULL,
	`allocation_id` text NOT NULL,
	`looked_at` integer NOT NULL,
	`look` text NOT NULL,
	PRIMARY KEY(`environment_id`, `allocation_id`)
);
