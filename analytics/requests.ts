// The data points that edge writes to Analytics Engine, one per request, sampled there. Columns are named as
// in OpenTelemetry's semantic conventions for feature flags and HTTP, where they have a name. Columns are
// positions: their meaning never changes.

export interface RequestPoint {
  /** index1: feature_flag.set.id */ readonly environmentId: string
  /** blob1: the protocol of the request (feature_flag.provider.name is tackline) */ readonly dialect: string
  /** blob2: feature_flag.evaluation.outcome: OK, or error.type of the refusal */ readonly outcome: string
  /** blob3: http.response.status_code; double of it would sum */ readonly status: number
  /** blob4: feature_flag.version */ readonly revision: number
  /** blob5 is the bucket of the duration, computed below. */
  /** double1: feature_flag.evaluation.count */ readonly decisions: number
  /** double2: feature_flag.evaluation.staleness, ms */ readonly staleMs: number
  /** double3: http.server.request.duration, ms */ readonly durationMs: number
}

/** Upper bounds in milliseconds, as OpenTelemetry recommends for http.server.request.duration. */
const durationBoundsMs = [5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000]

/** The argument of Analytics Engine's writeDataPoint. */
export function toRequestPoint(point: RequestPoint) {
  const { environmentId, dialect, outcome, status, revision, decisions, staleMs, durationMs } = point
  const bound = durationBoundsMs.find((each) => durationMs <= each)
  return {
    indexes: [environmentId],
    blobs: [dialect, outcome, String(status), String(revision), bound === undefined ? 'more' : String(bound)],
    doubles: [decisions, staleMs, durationMs],
  }
}
