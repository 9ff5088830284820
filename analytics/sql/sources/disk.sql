-- The beginning of a query: records in files of the machine that runs the query.
WITH
  rawRecords AS (SELECT * FROM file({files:String}, 'JSONEachRow', {columns:String}, 'gzip')),
  partRecords AS (SELECT *, _file FROM file({parts:String}, 'Parquet', {columns:String})),
