// Ingest together with the Durable Objects that it counts in, for its tests: on Cloudflare, control has them.
export { FlagCounters } from '../../workers/live/flag-counters-do.ts'
export { Intake } from '../../workers/live/intake-do.ts'
export { default } from '../../workers/ingest/index.ts'
