-- The files with records of the given users or kinds, and how many of them: what `forget` and `retain` write
-- anew.
SELECT _path AS path, count() AS records
FROM (
  SELECT _path, kind, targetingKey, previousKey
  FROM file({files:String}, 'JSONEachRow', {columns:String}, 'gzip')
  UNION ALL
  SELECT _path, kind, targetingKey, previousKey FROM file({parts:String}, 'Parquet', {columns:String})
)
WHERE has({kinds:Array(String)}, kind)
  OR has({keys:Array(String)}, targetingKey)
  OR has({keys:Array(String)}, previousKey)
GROUP BY path
SETTINGS
  input_format_skip_unknown_fields = 1,
  input_format_parquet_allow_missing_columns = 1,
  output_format_json_quote_64bit_integers = 0,
  use_hive_partitioning = 0
