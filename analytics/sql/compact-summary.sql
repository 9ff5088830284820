-- What a manifest says of each part: one row for each file and kind of record. The times are those of
-- counting/events.sql.
SELECT
  _file AS file,
  kind,
  count() AS records,
  min(least(at, receivedAt)) AS earliest,
  max(least(at, receivedAt)) AS latest
FROM file({parts:String}, 'Parquet', {columns:String})
GROUP BY file, kind
ORDER BY file, kind
SETTINGS use_hive_partitioning = 0, output_format_json_quote_64bit_integers = 0
