// Configuration as code: an environment as a document, and back.
import * as z from 'zod'
import { toDocument } from '../../../core/change/document/export.ts'
import { Document } from '../../../core/change/document/schema.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { parseWith } from '../../http/parse.ts'
import { loadEnvironment } from '../../storage/configuration.ts'
import { isYaml, readDocument, toYaml } from '../api/document-text.ts'
import { change, route } from '../api/route.ts'

const yaml = 'application/yaml'

/** What a change of many things was. */
export const Counts = z.strictObject({
  create: z.int(),
  change: z.int(),
  archive: z.int(),
  remove: z.int(),
})

export const document = [
  route({
    id: 'export-environment',
    method: 'GET',
    path: '/environments/{environment}/export',
    needs: 'viewer',
    summary: 'The environment as a document, in JSON or (by Accept) YAML',
    description:
      'In one order and without what has its default, so that two of them can be compared. Its ETag is the revision: send it as If-Match when you apply what you made of it.',
    answer: z.looseObject({ format: z.literal(1) }),
    downloads: [yaml],
    handle: async ({ database, params: { environment }, request }) => {
      const stored = await loadEnvironment(database, environment)
      if (!stored) return refuse('NOT_FOUND', `there is no environment ${environment}`)
      const made = toDocument(stored.state)
      const headers = { etag: `"${stored.revision}"`, 'cache-control': 'no-store', vary: 'accept' }
      return isYaml(request.headers.get('accept'))
        ? new Response(toYaml(made), { headers: { ...headers, 'content-type': yaml } })
        : Response.json(made, { headers })
    },
  }),
  change({
    id: 'apply-document',
    method: 'POST',
    path: '/environments/{environment}/apply',
    needs: 'editor',
    summary: 'Makes the environment what a document (JSON or YAML) says, all in one revision',
    description:
      'With `dryRun=true` it is a plan: what would be made, changed, archived and removed, field by field. What the document does not name is left alone, unless it says `prune: true`. If-Match takes the revision that the document was made on.',
    uploads: ['application/json', yaml],
    entity: Counts,
    command: async ({ request }) => {
      const read = await readDocument(request)
      const parsed = read.ok ? parseWith(Document, read.value) : read
      return parsed.ok ? ok({ kind: 'apply', document: parsed.value } as const) : parsed
    },
  }),
]
