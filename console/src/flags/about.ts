// What a flag is called, as the form has it and as the API takes it. Pure.
import type { Flag } from '../../../core/model/flag.ts'
import type { Body } from '../change/changes-between.ts'
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

export const aboutBody = ({ tags, slug, ...about }: About): Body => ({
  ...about,
  tags: listOf(tags),
  slug: slug || null,
})
