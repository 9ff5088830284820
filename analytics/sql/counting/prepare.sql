-- Raw objects, projected once for all queries of a run. Continues events.sql.
  prepared AS (SELECT * EXCEPT (file) FROM projected WHERE kind IN ('exposure', 'tracking', 'alias'))
SELECT *
FROM prepared
WHERE kind != 'exposure' OR variationId != ''
