// Tags: words that flags are sorted by. A flag that carries an unknown one makes it.
import { TagChanges, TagDraft } from '../../../core/change/command.ts'
import { Tag } from '../../../core/model/tag.ts'
import { entityRoutes } from '../api/entity-routes.ts'
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
