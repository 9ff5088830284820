DROP TABLE `experiments`;--> statement-breakpoint
DROP TABLE `flags`;--> statement-breakpoint
DROP TABLE `goals`;--> statement-breakpoint
DROP TABLE `operations`;--> statement-breakpoint
DROP TABLE `sdk_keys`;--> statement-breakpoint
DROP TABLE `segments`;--> statement-breakpoint
ALTER TABLE `revisions` DROP COLUMN `before`;--> statement-breakpoint
ALTER TABLE `revisions` DROP COLUMN `after`;