-- The beginning of a query: records in the bucket, read by the server with the credentials of the query.
-- ClickHouse hides the secret in its logs, as it does every argument at this place.
WITH
  rawRecords AS (
    SELECT *
    FROM s3({files:String}, {accessKeyId:String}, {secretAccessKey:String}, 'JSONEachRow', {columns:String}, 'gzip')
  ),
  partRecords AS (
    SELECT *, _file
    FROM s3({parts:String}, {accessKeyId:String}, {secretAccessKey:String}, 'Parquet', {columns:String})
  ),
