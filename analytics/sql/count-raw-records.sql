-- Raw objects, as the beginning of a query; count-events.sql continues it. `sides` is explained there.
WITH
  records AS (
    SELECT *, {rawSides:Array(Int8)} AS sides
    FROM file({raw:String}, 'JSONEachRow', {columns:String}, 'gzip')
    SETTINGS
      input_format_skip_unknown_fields = 1, -- fields are only ever added to records
      use_hive_partitioning = 0 -- `name=value` in a path is not a column
  ),
