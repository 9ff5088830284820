-- How many events the users have whom an incremental count looks at (concerned-events.sql).
SELECT toUInt32(count()) AS events FROM file({prepared:String}, 'Native', {preparedColumns:String})
