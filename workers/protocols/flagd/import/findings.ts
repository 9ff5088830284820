// What is said once of all definitions, with the names of the flags that it is about.
import type { Finding } from '../../../../core/change/import-plan.ts'
import type { Flag } from '../../../../core/model/flag.ts'
import type { Lost } from './metadata.ts'
import type { Reading } from './read-choice.ts'
import { failsOnOtherTypes } from './to-clauses.ts'

export interface ImportedFlag {
  readonly flag: Flag
  readonly reading: Reading
}

/** `lost`: names of the set's metadata that are not kept. */
export function overallFindings(imported: readonly ImportedFlag[], lost: readonly Lost[]): Finding[] {
  const those = (has: (reading: Reading) => boolean) =>
    imported.filter(({ reading }) => has(reading)).map(({ flag }) => flag.key)
  const moving = those(({ splits }) => splits.length > 0)
  const typed = those(({ leaves }) => leaves.some(failsOnOtherTypes))
  const asking = those(({ leaves }) => leaves.length > 0)
  return [
    ...(moving.length > 0
      ? [
          finding(
            'flags',
            'differs',
            `users move between the variants of ${listed(moving)}: flagd splits users by another hash. The shares stay`,
          ),
        ]
      : []),
    ...(typed.length > 0
      ? [
          finding(
            'flags',
            'differs',
            `where an attribute is of another type than what it is compared with (a number and "de", a text that is no decimal number and 18), flagd-core fails and the default in the code is used; here the comparison does not hold, or is made between texts. flagd-core also reads numbers with spaces around them and in hexadecimal. Asked by ${listed(typed)}`,
          ),
        ]
      : []),
    ...(asking.length > 0
      ? [
          finding(
            'flags',
            'differs',
            `attributes that are lists or objects: a clause holds for a list if it does for one of its elements, and an object exists and reads as the empty text; flagd fails, or finds nothing. Attributes are asked for by ${listed(asking)}`,
          ),
        ]
      : []),
    ...lost.map(({ name, reason }) => finding(`metadata.${name}`, 'lost', reason)),
  ]
}

const finding = (field: string, effect: Finding['effect'], reason: string): Finding => ({
  subject: 'environment',
  key: '',
  field,
  effect,
  reason,
})

/** More would not fit a sentence; the findings of each flag are complete. */
const namesMax = 20

function listed(keys: readonly string[]): string {
  const more = keys.length - namesMax
  return keys.slice(0, namesMax).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
