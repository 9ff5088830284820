// What edge's points say of an environment by hour, as a query in the SQL of Analytics Engine, a part of
// ClickHouse's. Points are sampled: each stands for `_sample_interval` of them.
// Source: https://developers.cloudflare.com/analytics/analytics-engine/sql-reference/
import * as z from 'zod'

/** As in edge's wrangler.toml. */
export const requestsDataset = 'tackline_requests'

const hourSeconds = 3_600
/** An answer is read as a whole. */
export const requestRowsMax = 10_000

/** Newest first, of the hours [fromHour, toHour), which are numbered from the epoch, in UTC. */
export const requestsQuery = (environmentId: string, fromHour: number, toHour: number): string => `
SELECT
  intDiv(toUInt32(timestamp), ${hourSeconds}) AS hour,
  blob1 AS protocol,
  blob2 AS outcome,
  sum(_sample_interval) AS requests,
  sum(_sample_interval * double1) AS decisions,
  sum(_sample_interval * double2) / sum(_sample_interval) AS staleMs,
  quantileExactWeighted(0.95)(double3, _sample_interval) AS p95Ms,
  max(_sample_interval) AS sampledBy,
  max(toUInt32(timestamp)) AS newest
FROM ${requestsDataset}
WHERE index1 = '${quoted(environmentId)}'
  AND timestamp >= toDateTime(${fromHour * hourSeconds})
  AND timestamp < toDateTime(${toHour * hourSeconds})
GROUP BY hour, protocol, outcome
ORDER BY hour DESC, protocol, outcome
LIMIT ${requestRowsMax}
FORMAT JSON`

const quoted = (text: string) => text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)

/** Whole numbers of 64 bits come as text. */
const Count = z.coerce.number().min(0)

export const RequestRow = z.object({
  hour: Count,
  protocol: z.string(),
  outcome: z.string(),
  requests: Count,
  decisions: Count,
  staleMs: Count,
  p95Ms: Count,
  sampledBy: Count,
  /** Epoch seconds. */
  newest: Count,
})
export type RequestRow = z.infer<typeof RequestRow>
