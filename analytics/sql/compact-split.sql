-- Spreads records over one file per bucket of users, as `{target}` with `{_partition_id}` in its name. The
-- first half of a compaction: it streams, so its memory does not depend on how much there is.
INSERT INTO FUNCTION file({target:String}, 'Parquet') PARTITION BY bucket
SELECT toUInt8(sipHash64(targetingKey) % {buckets:UInt8}) AS bucket, *
FROM (
  SELECT * FROM file({files:String}, 'JSONEachRow', {columns:String}, 'gzip')
  UNION ALL
  SELECT * FROM file({parts:String}, 'Parquet', {columns:String})
)
SETTINGS
  max_partitions_per_insert_block = 0,
  input_format_parquet_allow_missing_columns = 1,
  output_format_parquet_compression_method = 'lz4',
  use_hive_partitioning = 0
