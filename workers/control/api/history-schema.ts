// Entries of the audit trail and revisions, as far as they can hold secrets: input of `withoutSecrets`.
import * as z from 'zod'
import { Command } from '../../../core/change/command.ts'
import { AnyEntity } from '../../../core/change/redaction.ts'
import { OrganisationRow } from '../../storage/organisations.ts'

const Write = z.looseObject({ value: AnyEntity.nullable() })
/** Entities of an environment, or one row of an organisation. */
const Values = z.union([z.array(Write), OrganisationRow]).nullable()

export const HistoryEntry = z.looseObject({ command: Command.nullable(), before: Values, after: Values })
