-- The beginning of a query: records in the bucket of a named collection, read by all servers of a cluster.
WITH
  rawRecords AS (
    SELECT *
    FROM s3Cluster(
      {cluster:String}, {collection:Identifier},
      filename = {files:String},
      format = 'JSONEachRow',
      structure = {columns:String},
      compression_method = 'gzip'
    )
    SETTINGS
      s3_skip_empty_files = 0, -- no object is empty, unless it is damaged
      s3_retry_attempts = 3 -- some seconds; 500, the default, may take hours
  ),
  partRecords AS (
    SELECT *
    FROM s3Cluster(
      {cluster:String}, {collection:Identifier},
      filename = {parts:String},
      format = 'Parquet',
      structure = {columns:String}
    )
    SETTINGS
      s3_skip_empty_files = 0, -- no object is empty, unless it is damaged
      s3_retry_attempts = 3 -- some seconds; 500, the default, may take hours
  ),
