// YAML becomes JSON where it is written, so that nobody who reads a snapshot needs a YAML parser.
import { parse } from 'yaml'
import type { Command } from '../../../core/change/command.ts'
import type { EnvironmentState } from '../../../core/model/environment-state.ts'
import type { FlagChanges } from '../../../core/model/flag-draft.ts'
import type { FlagType, Variation } from '../../../core/model/flag.ts'

/**
 * The command with the JSON of each variation of a yaml flag, and of no other. A text that is no YAML gets
 * none, and is then refused.
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

/** Some broken texts take the parser time by their square: a longer text is not tried. */
const yamlLengthMax = 20_000

function withJson(variation: Variation): Variation {
  const json = toJson(variation.value)
  return json === undefined ? withoutJson(variation) : { ...variation, json }
}

/** Undefined where the text is no YAML. Aliases are bounded, so that no text grows without measure. */
export function toJson(text: string, version: '1.1' | '1.2' = '1.2'): string | undefined {
  if (text.length > yamlLengthMax) return undefined
  try {
    return JSON.stringify(parse(text, { version, maxAliasCount: 100 }))
  } catch {
    return undefined
  }
}

function withoutJson({ json: _, ...variation }: Variation): Variation {
  return variation
}
