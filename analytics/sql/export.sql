-- Copies the records of a window to a file, each event once, sorted by kind and user.
-- Anonymous events are among them.
INSERT INTO FUNCTION file({target:String}, {format:String}, {columns:String})
SELECT *
FROM (
  SELECT * FROM file({files:String}, 'JSONEachRow', {columns:String}, 'gzip')
  UNION ALL
  SELECT * FROM file({parts:String}, 'Parquet', {columns:String})
)
WHERE least(at, receivedAt) >= {from:Int64} AND least(at, receivedAt) < {to:Int64}
ORDER BY kind, targetingKey, id, receivedAt, at
LIMIT 1 BY kind, targetingKey, id
SETTINGS
  input_format_skip_unknown_fields = 1,
  input_format_parquet_allow_missing_columns = 1,
  output_format_json_quote_64bit_integers = 0,
  output_format_json_escape_forward_slashes = 0,
  output_format_parquet_compression_method = 'zstd',
  use_hive_partitioning = 0
