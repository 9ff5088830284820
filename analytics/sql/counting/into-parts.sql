INSERT INTO FUNCTION file({target:String}, 'Native') PARTITION BY file -- {target} names {_partition_id}
