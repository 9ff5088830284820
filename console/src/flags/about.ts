// What a flag is called, as the form has it and as the API takes it. Pure.
import type { Flag } from '../../../core/model/flag.ts'
import type { Body } from '../change/changes-between.ts'
import { combineTexts } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { flag } from '../messages/flag.ts'
import { listOf, listText } from '../ui/list-text.ts'

export interface About {
  readonly name: string
  readonly description: string
  readonly maintainer: string
  /** In one line. */
  readonly tags: string
  readonly slug: string
}

type Shown = Pick<Flag, 'name' | 'description' | 'maintainer' | 'tags' | 'slug'>

export const aboutOf = ({ name, description, maintainer, tags, slug = '' }: Shown): About => ({
  name,
  description,
  maintainer,
  tags: listText(tags),
  slug,
})

const { settings: words } = flag

export const aboutForm: FormOf<Flag, About> = {
  empty: { name: '', description: '', maintainer: '', tags: '', slug: '' },
  fieldsOf: aboutOf,
  rules: {
    name: { label: words.name },
    description: { label: words.description },
    maintainer: { label: words.maintainer },
    tags: { label: words.tags, combine: combineTexts(listOf, listText) },
    slug: { label: words.slug },
  },
}

export const aboutBody = ({ tags, slug, ...about }: About): Body => ({
  ...about,
  tags: listOf(tags),
  slug: slug || null,
})
