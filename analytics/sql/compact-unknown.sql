-- The raw objects with a record of a later version, or with a field that this release does not know. They
-- stay raw, because a part holds known fields only.
SELECT DISTINCT _path AS path
FROM file({files:String}, 'LineAsString', 'line String', 'gzip')
WHERE JSONExtractUInt(line, 'v') > {version:UInt8}
  OR arrayExists(field -> NOT has({fields:Array(String)}, field), JSONExtractKeys(line))
SETTINGS use_hive_partitioning = 0
