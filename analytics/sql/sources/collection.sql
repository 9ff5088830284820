-- The beginning of a query: records in the bucket of a named collection of the server, which also has the
-- credentials.
WITH
  rawRecords AS (
    SELECT *
    FROM s3(
      {collection:Identifier},
      filename = {files:String},
      format = 'JSONEachRow',
      structure = {columns:String},
      compression_method = 'gzip'
    )
  ),
  partRecords AS (
    SELECT *, _file
    FROM s3(
      {collection:Identifier},
      filename = {parts:String},
      format = 'Parquet',
      structure = {columns:String}
    )
  ),
