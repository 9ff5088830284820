-- The beginning of a query: records in the bucket, read by all servers of a cluster with the credentials of
-- the query. ClickHouse hides the secret in its logs, as it does every argument at this place.
WITH
  rawRecords AS (
    SELECT *
    FROM s3Cluster(
      {cluster:String}, {files:String}, {accessKeyId:String}, {secretAccessKey:String},
      'JSONEachRow', {columns:String}, 'gzip'
    )
  ),
  partRecords AS (
    SELECT *, _file
    FROM s3Cluster(
      {cluster:String}, {parts:String}, {accessKeyId:String}, {secretAccessKey:String},
      'Parquet', {columns:String}
    )
  ),
