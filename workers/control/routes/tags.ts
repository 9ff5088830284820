// Routes of tags: words that flags are sorted by. Saving a flag creates the tags that it names.
import { TagChanges, TagDraft } from '../../../core/change/command.ts'
import { Tag } from '../../../core/model/tag.ts'
import { entityRoutes, expectedVersion } from '../api/entity-routes.ts'
import { dependentsRoute } from './dependents.ts'

export const tags = [
  ...entityRoutes({
    kind: 'tag',
    name: 'tag',
    plural: 'tags',
    param: 'key',
    schema: Tag,
    draft: TagDraft,
    changes: TagChanges.extend(expectedVersion),
    create: (tag) => ({ kind: 'create-tag', tag }),
    update: (id, { version, ...changes }) => ({ kind: 'update-tag', id, version, changes }),
    remove: (id) => ({ kind: 'delete-tag', id }),
  }),
  dependentsRoute('tag', 'tags', 'key'),
]
