INSERT INTO FUNCTION file({target:String}, 'RowBinary')
