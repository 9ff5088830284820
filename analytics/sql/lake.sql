-- The beginning of every query in this folder: how the lake is read. `{query}.sql` continues it.
WITH
  lake AS (
    SELECT *
    FROM file({files:String}, 'JSONEachRow', {columns:String}, 'gzip')
    WHERE targetingKey != '' -- anonymous events would count as one user
    SETTINGS
      input_format_skip_unknown_fields = 1, -- fields are only ever added to records
      use_hive_partitioning = 0 -- `name=value` in a path is not a column
  ),
