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
  ),
  partRecords AS (
    SELECT *, _file
    FROM s3Cluster(
      {cluster:String}, {collection:Identifier},
      filename = {parts:String},
      format = 'Parquet',
      structure = {columns:String}
    )
  ),
