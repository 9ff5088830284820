// Configuration as code: exports an environment as a document, and applies one.
import * as z from 'zod'
import { toDocument } from '../../../core/change/document/export.ts'
import { Document } from '../../../core/change/document/schema.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { toEntityTag } from '../../http/entity-tag.ts'
import { parseWith } from '../../http/parse.ts'
import { loadEnvironment } from '../../storage/configuration.ts'
import { isYaml, readDocument, toYaml } from '../api/document-text.ts'
import { change, route } from '../api/route.ts'
import { Counts } from '../api/shapes.ts'

const yaml = 'application/yaml'

export const document = [
  route({
    id: 'export-environment',
    method: 'GET',
    path: '/environments/{environment}/export',
    needs: 'viewer',
    summary: 'Exports the environment as a document, in JSON or (by Accept) YAML',
    description:
      'Sorted and without default values, so that two documents can be compared. The ETag is the ' +
      'revision: send it as If-Match when you apply the edited document.',
    answer: z.looseObject({ format: z.literal(1) }),
    downloads: [yaml],
    handle: async ({ database, params: { environment }, request }) => {
      const stored = await loadEnvironment(database, environment)
      if (!stored) return refuse('NOT_FOUND', `there is no environment ${environment}`)
      const exported = toDocument(stored.state)
      const headers = { etag: toEntityTag(stored.revision), 'cache-control': 'no-store', vary: 'accept' }
      return isYaml(request.headers.get('accept'))
        ? new Response(toYaml(exported), { headers: { ...headers, 'content-type': yaml } })
        : Response.json(exported, { headers })
    },
  }),
  change({
    id: 'apply-document',
    method: 'POST',
    path: '/environments/{environment}/apply',
    needs: 'editor',
    summary: 'Applies a document (JSON or YAML) to the environment, all in one revision',
    description:
      'With `dryRun=true`, returns a plan: what would be created, changed, archived and removed, field ' +
      'by field. Entities that the document does not name stay, unless it says `prune: true`. If-Match ' +
      'takes the revision that the document was exported at.',
    uploads: ['application/json', yaml],
    entity: Counts,
    command: async ({ request }) => {
      const read = await readDocument(request)
      const parsed = read.ok ? parseWith(Document, read.value) : read
      return parsed.ok ? ok({ kind: 'apply', document: parsed.value } as const) : parsed
    },
  }),
]
