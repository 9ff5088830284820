-- How every query reads the lake: continues a file of sources/, and `{query}.sql` continues it.
  lake AS (
    -- An event counts no later than it was received: a clock that runs ahead does not move it into the
    -- future. `clock` says whose time `at` is: '' is edge's at receipt, `queue time` edge's at receipt less
    -- what the client says the event waited, others are a client's.
    SELECT
      * REPLACE (least(at, receivedAt) AS at),
      multiIf(
        protocol = 'flagship-io', 'queue time',
        protocol = 'ofrep' AND at = receivedAt, '',
        concat(protocol, ' ', sdk)
      ) AS clock
    FROM (
      SELECT * FROM rawRecords
      UNION ALL
      SELECT * EXCEPT (_file) FROM partRecords -- written by compact-bucket.sql
    )
    WHERE targetingKey != '' -- anonymous events would count as one user
      -- One slice of the users, as compact-split.sql parts them.
      AND ({slices:UInt8} = 1 OR sipHash64(targetingKey) % {slices:UInt8} = {slice:UInt8})
    SETTINGS
      input_format_skip_unknown_fields = 1, -- fields are only ever added to records
      input_format_parquet_allow_missing_columns = 1,
      use_hive_partitioning = 0 -- `name=value` in a path is not a column
  ),
