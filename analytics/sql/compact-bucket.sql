-- Writes the records of one bucket as one sorted Parquet file, without copies. The second half of a
-- compaction.
--
-- Delivery is at least once. Of records that say the same and count at the same time, the one received first
-- is kept. Records with one id that differ in anything else are all kept: the queries decide between them, so
-- a compaction changes no count. Records of the given kinds and users are left out.
INSERT INTO FUNCTION file({target:String}, 'Parquet', {columns:String})
SELECT *
FROM file({parts:String}, 'Parquet', {columns:String})
WHERE NOT has({removedKinds:Array(String)}, kind)
  AND NOT has({removedKeys:Array(String)}, targetingKey)
  AND NOT has({removedKeys:Array(String)}, previousKey)
ORDER BY kind, flagKey, event, targetingKey, least(at, receivedAt), id, receivedAt
LIMIT 1 BY sipHash128(tuple(* EXCEPT (receivedAt)), least(at, receivedAt))
SETTINGS
  input_format_parquet_allow_missing_columns = 1,
  output_format_parquet_compression_method = 'zstd',
  output_format_parquet_row_group_size = 20000, -- a query for one flag skips the others
  use_hive_partitioning = 0
