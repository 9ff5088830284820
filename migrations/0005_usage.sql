CREATE TABLE `flag_usage` (
	`environment_id` text NOT NULL,
	`flag_key` text NOT NULL,
	`variation_id` text NOT NULL,
	`last_seen_at` integer NOT NULL,
	PRIMARY KEY(`environment_id`, `flag_key`, `variation_id`)
);
