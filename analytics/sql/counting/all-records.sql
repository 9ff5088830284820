-- Raw objects and parts, for a count in one statement. Continues a file of ../sources; events.sql continues
-- it, and explains `sides`.
  records AS (
    SELECT *, [toInt8(1)] AS sides, '' AS file
    FROM (
      SELECT * FROM rawRecords
      UNION ALL
      SELECT * EXCEPT (_file) FROM partRecords -- written by compact-bucket.sql
    )
    SETTINGS
      input_format_skip_unknown_fields = 1, -- fields are only ever added to records
      input_format_parquet_allow_missing_columns = 1,
      use_hive_partitioning = 0 -- `name=value` in a path is not a column
  ),
