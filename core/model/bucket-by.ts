// By what a rollout splits. Loads no schema.
import { idAttribute, targetingKeyAttribute } from './vocabulary.ts'

interface Splits {
  readonly bucketBy?: string | undefined
}
interface Part extends Splits {
  readonly strategy: { readonly kind: string }
}

/** The attribute that is hashed; undefined: the targeting key. A rule's own comes before the flag's. */
export function bucketByOf(flag: Splits, part: Splits): string | undefined {
  const name = part.bucketBy ?? flag.bucketBy
  return name === targetingKeyAttribute || name === idAttribute ? undefined : name
}

/** The first attribute by which a rollout of the flag splits; undefined: all split by targeting key. */
export function attributeSplitting(
  flag: Splits & { readonly rules: readonly Part[]; readonly defaultStrategy: Part },
): string | undefined {
  for (const part of [...flag.rules, flag.defaultStrategy]) {
    const name = part?.strategy?.kind === 'rollout' ? bucketByOf(flag, part) : undefined
    if (name !== undefined) return name
  }
  return undefined
}
