// The place of a problem in words: `rules.1.anyOf.0.0.attribute` is rule 2. Pure.
import { targeting as words } from '../messages/targeting.ts'
import type { Draft } from './draft.ts'

export function placeText(path: string, { rules, variations }: Pick<Draft, 'rules' | 'variations'>): string {
  const [field = '', place] = path.split('.')
  const at = Number(place)
  if (field === 'rules' && rules[at]) return rules[at].name || words.rule(at + 1)
  if (field === 'variations' && variations[at])
    return words.variation(variations[at].name || variations[at].id)
  return Object.hasOwn(words.fields, field) ? words.fields[field as keyof typeof words.fields] : path
}
