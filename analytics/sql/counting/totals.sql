-- Of a count in one statement. Continues outcomes.sql.
, totals AS (SELECT * FROM contributions)
