CREATE TABLE `operation_looks` (
	`environment_id` text NOT NULL,
	`operation_id` text NOT NULL,
	`looked_at` integer NOT NULL,
	`look` text NOT NULL,
	PRIMARY KEY(`environment_id`, `operation_id`)
);
