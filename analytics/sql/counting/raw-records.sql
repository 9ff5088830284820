-- Raw objects. Continues a file of ../sources; events.sql continues it, and explains `sides`.
  records AS (
    SELECT *, {rawSides:Array(Int8)} AS sides, '' AS file
    FROM rawRecords
    SETTINGS
      input_format_skip_unknown_fields = 1, -- fields are only ever added to records
      use_hive_partitioning = 0 -- `name=value` in a path is not a column
  ),
