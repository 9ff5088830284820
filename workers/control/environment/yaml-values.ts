// Converts YAML values to JSON when they are written, so that readers of snapshots need no YAML parser.
import { parse } from 'yaml'
import { likeGo } from './go-yaml.ts'
import type { Command } from '../../../core/change/command.ts'
import type { EnvironmentState } from '../../../core/model/environment-state.ts'
import type { FlagChanges } from '../../../core/model/flag-draft.ts'
import type { FlagType, Variation } from '../../../core/model/flag.ts'

/**
 * Sets the JSON of the variations of yaml flags, and removes it from all others. Invalid YAML gets none, and
 * is refused later for that.
 */
export function withJsonOfYaml(command: Command, state: EnvironmentState): Command {
  if (command.kind === 'create-flag') {
    return { ...command, flag: convertFlag(command.flag) }
  }
  const inFlag = <C extends FlagChanges>(key: string, changes: C): C => {
    const convert = state.flag.get(key)?.type === 'yaml' ? withJson : withoutJson
    return changes.variations ? { ...changes, variations: changes.variations.map(convert) } : changes
  }
  switch (command.kind) {
    case 'update-flag':
      return { ...command, changes: inFlag(command.key, command.changes) }
    case 'create-schedule': {
      const { schedule } = command
      return { ...command, schedule: { ...schedule, changes: inFlag(schedule.flagKey, schedule.changes) } }
    }
    case 'update-schedule': {
      const { id, changes } = command
      const flagKey = state.schedule.get(id)?.flagKey
      if (!changes.changes || flagKey === undefined) return command
      return { ...command, changes: { ...changes, changes: inFlag(flagKey, changes.changes) } }
    }
    case 'apply': {
      const { document } = command
      const flags = Object.entries(document.flags).map(([key, flag]) => [key, convertFlag(flag)] as const)
      return { ...command, document: { ...document, flags: Object.fromEntries(flags) } }
    }
    case 'import':
      return { ...command, flags: command.flags.map(convertFlag) }
    default:
      return command
  }
}

const convertFlag = <F extends { type: FlagType; variations: Variation[] }>(flag: F): F => ({
  ...flag,
  variations: flag.variations.map(flag.type === 'yaml' ? withJson : withoutJson),
})

/** Some invalid texts take the parser quadratic time, so longer ones are not parsed. */
const yamlLengthMax = 20_000

function withJson(variation: Variation): Variation {
  const json = toJson(variation.value)
  return json === undefined ? withoutJson(variation) : { ...variation, json }
}

/** Undefined if the text is not YAML. Aliases are limited, so that no text expands without bound. */
export function toJson(text: string, reader: '1.2' | 'yaml.v2' = '1.2'): string | undefined {
  if (text.length > yamlLengthMax) return undefined
  try {
    const options = reader === '1.2' ? ({ version: reader } as const) : likeGo
    return JSON.stringify(parse(text, { ...options, maxAliasCount: 100, intAsBigInt: true }), withDigits)
  } catch {
    return undefined
  }
}

/**
 * An integer keeps all of its digits, so that one which a double cannot hold is refused by name (value.ts).
 */
const withDigits = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? rawJson(String(value)) : value

/** ECMAScript's JSON.rawJSON, which TypeScript does not know yet. */
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

function withoutJson({ json: _, ...variation }: Variation): Variation {
  return variation
}
