-- Copies the records that were received until a time, so that they can be counted as they were then.
INSERT INTO FUNCTION file({target:String}, 'JSONEachRow', {columns:String}, 'gzip')
SELECT *
FROM (
  SELECT * FROM file({files:String}, 'JSONEachRow', {columns:String}, 'gzip')
  UNION ALL
  SELECT * FROM file({parts:String}, 'Parquet', {columns:String})
)
WHERE receivedAt <= {asOf:Int64}
SETTINGS
  input_format_skip_unknown_fields = 1,
  input_format_parquet_allow_missing_columns = 1,
  output_format_json_quote_64bit_integers = 0,
  output_format_json_escape_forward_slashes = 0,
  use_hive_partitioning = 0
