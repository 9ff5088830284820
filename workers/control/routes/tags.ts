// Tags: words that flags are sorted by. A flag that carries an unknown one makes it.
import { TagChanges, TagDraft } from '../../../core/command.ts'
import { Tag } from '../../../core/tag.ts'
import { entityRoutes } from '../entity-routes.ts'
import { dependentsRoute } from './dependents.ts'

export const tags = [
  ...entityRoutes({
    kind: 'tag',
    name: 'tag',
    plural: 'tags',
    param: 'key',
    schema: Tag,
    draft: TagDraft,
    changes: TagChanges,
  }),
  dependentsRoute('tag', 'tags', 'key'),
]
