-- Parts. Continues a file of ../sources; events.sql continues it, and explains `sides`.
  records AS (
    SELECT
      * EXCEPT (_file),
      _file AS file,
      multiIf(
        {isFull:UInt8} = 1 OR has({addedParts:Array(String)}, _file), [toInt8(1)],
        has({removedParts:Array(String)}, _file), [toInt8(-1)],
        [toInt8(-1), toInt8(1)]
      ) AS sides
    FROM partRecords -- written by compact-bucket.sql
    SETTINGS
      input_format_parquet_allow_missing_columns = 1,
      use_hive_partitioning = 0 -- `name=value` in a path is not a column
  ),
