-- Parts, as the beginning of a query; count-events.sql continues it. `sides` is explained there.
WITH
  records AS (
    SELECT
      *,
      multiIf(
        {isFull:UInt8} = 1 OR has({addedParts:Array(String)}, _file), [toInt8(1)],
        has({removedParts:Array(String)}, _file), [toInt8(-1)],
        [toInt8(-1), toInt8(1)]
      ) AS sides
    FROM file({parts:String}, 'Parquet', {columns:String}) -- written by compact-bucket.sql
    SETTINGS
      input_format_parquet_allow_missing_columns = 1,
      use_hive_partitioning = 0 -- `name=value` in a path is not a column
  ),
