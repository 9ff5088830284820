-- How many records a compaction has before it, copies included. Reads the footers of the files only.
SELECT count() AS records
FROM file({parts:String}, 'Parquet', {columns:String})
SETTINGS use_hive_partitioning = 0
