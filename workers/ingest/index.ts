// The ingest Worker of a split installation.
import { type IngestBindings, consume } from './consume.ts'

export default { queue: consume } satisfies ExportedHandler<IngestBindings>
