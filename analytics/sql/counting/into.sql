INSERT INTO FUNCTION file({target:String}, 'Native')
